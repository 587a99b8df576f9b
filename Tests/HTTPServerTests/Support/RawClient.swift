import Glibc

@testable import HTTPServer

/// A TCP client that sends exactly the bytes it is told to. Calls block, for ten seconds at most.
final class RawClient {
    private(set) var descriptor: Int32
    private var received: [UInt8] = []

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    struct Answer {
        var status: Int
        var head: String
        var body: [UInt8]
        /// Whether the body came to its proper end.
        var isComplete: Bool
        var trailers = Fields()
        var text: String { String(decoding: body, as: UTF8.self) }

        func field(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts[0].lowercased() == name.lowercased() { return trimmed(String(parts[1])) }
            }
            return nil
        }
    }

    /// - Parameter receiveBuffer: Small for a client that shall exert back-pressure soon.
    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { set(SO_RCVBUF, &size) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        set(SO_RCVTIMEO, &patience)
        set(SO_SNDTIMEO, &patience)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure(description: "connect: errno \(errno)") }
    }

    deinit { close() }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: inout Value) {
        setsockopt(descriptor, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Value>.size))
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: errno \(errno)") }
            sent += count
        }
    }

    /// Sends copies of `bytes` until nothing is taken for a fifth of a second, or `limit` copies are out. Returns how
    /// many bytes went.
    func sendUntilFull(_ bytes: [UInt8], limit: Int) throws -> Int {
        var total = 0
        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while total < limit * bytes.count, poll(&state, 1, 200) > 0 {
            let count = bytes[(total % bytes.count)...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { throw Failure(description: "send: errno \(errno)") }
            total += count
        }
        return total
    }

    /// Whether nothing arrives for so many milliseconds.
    func isSilent(for milliseconds: Int32) throws -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, milliseconds) == 0
    }

    /// Reads until `text` has come; it stays to be read by `answer()`.
    func waitFor(_ text: String) throws {
        while !String(decoding: received, as: UTF8.self).contains(text) {
            if try !receive() { throw Failure(description: "closed before \(text)") }
        }
    }

    /// Reads once. Returns `false` at the end of the stream.
    @discardableResult
    func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure(description: "recv: errno \(errno)") }
        received += buffer[..<count]
        return count > 0
    }

    /// Everything until the server closes.
    func readToEnd() throws -> String {
        while try receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// The next answer, taken apart by its framing.
    ///
    /// - Parameter toHead: Whether the request was HEAD, so that no body follows.
    func answer(toHead: Bool = false) throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = received.indices.dropLast(3).first { received[$0...].starts(with: end) }
            if headEnd == nil, try !receive() { throw Failure(description: "closed before an answer") }
        }
        let head = String(decoding: received[..<headEnd!], as: UTF8.self)
        received.removeFirst(headEnd! + 4)
        let status = Int(head.split(separator: " ")[1]) ?? 0
        var answer = Answer(status: status, head: head, body: [], isComplete: true)
        if toHead || status < 200 || status == 204 || status == 304 { return answer }
        if answer.field("transfer-encoding") == "chunked" {
            var decoder = ChunkedDecoder()
            while true {
                let bytes = received
                let consumed = try decoder.consume(bytes.span, into: &answer.body, upTo: .max)
                received.removeFirst(consumed)
                if decoder.isComplete { break }
                if try !receive() {
                    answer.isComplete = false
                    break
                }
            }
            answer.trailers = decoder.trailers
        } else if let length = answer.field("content-length").flatMap({ Int($0) }) {
            while received.count < length {
                if try !receive() {
                    answer.isComplete = false
                    break
                }
            }
            answer.body = Array(received.prefix(length))
            received.removeFirst(min(length, received.count))
        } else {
            answer.body = Array(try readToEnd().utf8)
        }
        return answer
    }

    func get(_ target: String, _ lines: String = "") throws -> Answer {
        try send("GET \(target) HTTP/1.1\r\nHost: h\r\n\(lines)\r\n")
        return try answer()
    }

    /// Tells the server that nothing more comes, and goes on reading.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection with a reset.
    func reset() {
        var reset = linger(l_onoff: 1, l_linger: 0)
        set(SO_LINGER, &reset)
        close()
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
