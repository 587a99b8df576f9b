/// Bounds and deadlines of a server.
///
/// At most `maxConnections` connections hold about 450 KiB each at the worst: a head of 40 KiB, one read of 64 KiB, one
/// body chunk of 64 KiB, 256 KiB of an answer. An idle one holds no buffer: 9 KiB of resident memory, its task included.
public struct ServerConfiguration: Sendable {
    /// Most connections at once over all loops; one more gets 503 and is closed.
    public var maxConnections = 10_000
    /// Largest request body taken at all; handlers set their own, lower limits when they collect one.
    public var maxBodyBytes: Int64 = 64 << 30
    /// From the first byte of a request's head to its last (408), and for the first byte on a new connection.
    public var headTimeout: Duration = .seconds(10)
    /// Between requests on a kept connection.
    public var idleTimeout: Duration = .seconds(75)
    /// How long a body may keep a waiting handler waiting in all, plus a second per `minBodyBytesPerSecond` (408).
    public var bodyTimeout: Duration = .seconds(30)
    /// The pace below which a body is slow.
    public var minBodyBytesPerSecond: Int64 = 1024
    /// How long the client may leave a full socket unread. The kernel asks for more only when a third of its buffer
    /// is free, so this is a least pace too.
    public var writeTimeout: Duration = .seconds(30)
    /// How long a connection that ends with bytes unread is read from, so that a reset does not destroy the answer.
    public var lingerTimeout: Duration = .seconds(2)
    /// A client that has shut down its side may only be half closed, or gone. When this long after it no byte of an
    /// answer has gone out, it is taken for gone and the handler cancelled.
    public var halfCloseGrace: Duration = .seconds(2)

    var headLimits = HeadLimits()
    /// A writer suspends above this many unsent bytes …
    var highWaterBytes = 256 * 1024
    /// … until no more than this many are left.
    var lowWaterBytes = 64 * 1024
    /// What a streamed answer collects before it is sent within a tick.
    var flushBytes = 16 * 1024
    /// An unread body up to this size is read and dropped to keep the connection.
    var maxDroppedBodyBytes: Int64 = 64 * 1024

    public init() {}
}
