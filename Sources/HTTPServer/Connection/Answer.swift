internal import EventLoop

/// The answer that a connection is making. An object: it is looked at in many places, and copies of it would cost each
/// of them several reference counts.
final class Answer {
    /// Counts the connection's requests; tells a writer that outlived its answer from the present one's.
    let number: Int
    let method: Method?
    let path: String
    let minorVersion: Int
    /// Whether client and server want to go on; decides `Connection` until the head is sent.
    var keepAlive: Bool
    let exchange: Exchange
    /// `OutputBuffer.total` when the answer began.
    let startBytes: Int

    var status: Status = 500
    /// Set once the head is written.
    var plan: ResponsePlan?
    /// The head of a streamed answer, to be sent with its first bytes.
    var pending: Response?
    /// Bytes of the body written so far.
    var bodyBytes: Int64 = 0
    var trailers = Fields()
    var isStreaming = false
    var error: (any Error)?

    init(
        number: Int, method: Method?, path: String, minorVersion: Int, keepAlive: Bool, exchange: Exchange,
        startBytes: Int
    ) {
        self.number = number
        self.method = method
        self.path = path
        self.minorVersion = minorVersion
        self.keepAlive = keepAlive
        self.exchange = exchange
        self.startBytes = startBytes
    }
}

/// A writer that waits for the client to read.
struct OutputWaiter {
    /// Resumed once no more than this many bytes are unsent.
    let threshold: Int
    let continuation: UnsafeContinuation<Void, Never>
}
