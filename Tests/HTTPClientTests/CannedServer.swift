import Glibc
import Synchronization

/// A server on a loopback port of the system's choice that answers each request with the next of its scripts.
final class CannedServer: Sendable {
    enum Step: Sendable {
        case send(String)
        /// Waits until the client has gone.
        case hang
        case close
    }

    let port: Int
    private let listener: CInt
    private let seen = Mutex<(requests: [String], connections: Int, steps: Int)>(([], 0, 0))

    var requests: [String] { seen.withLock { $0.requests } }
    var connections: Int { seen.withLock { $0.connections } }
    /// Steps of all scripts that have been carried out: what was sent has left for the kernel.
    var stepsDone: Int { seen.withLock { $0.steps } }

    struct Failure: Error {}

    init(_ scripts: [[Step]]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure() }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        let scripts = Mutex(scripts)
        var thread = pthread_t()
        let body = Unmanaged.passRetained(
            Body { [self] in
                while true {
                    let connection = accept(listener, nil, nil)
                    guard connection >= 0 else { return }
                    seen.withLock { $0.connections += 1 }
                    serve(connection) { scripts.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
                    Glibc.close(connection)
                }
            })
        guard
            pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, body.toOpaque()) == 0
        else { throw Failure() }
        pthread_detach(thread)
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    private func serve(_ connection: CInt, next: () -> [Step]?) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var received = ""
        while true {
            while !isComplete(received) {
                let count = read(connection, &buffer, buffer.count)
                guard count > 0 else { return }
                received += String(decoding: buffer[..<count], as: UTF8.self)
            }
            seen.withLock { $0.requests.append(received) }
            received = ""
            guard let steps = next() else { return }
            for step in steps {
                switch step {
                case .send(let text):
                    let bytes = Array(text.utf8)
                    guard send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                        return
                    }
                case .hang: while read(connection, &buffer, buffer.count) > 0 {}
                case .close: return
                }
                seen.withLock { $0.steps += 1 }
            }
        }
    }

    private func isComplete(_ request: String) -> Bool {
        // The record of a TLS ClientHello (RFC 8446 §5.1), which comes in one piece and is answered like a request.
        if request.utf8.first == 0x16 { return true }
        guard let end = request.range(ofBlankLine: ()) else { return false }
        let length = request[..<end].split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        let wanted = length.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
        return request[end...].utf8.count >= wanted
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

extension String {
    /// Where what follows the first empty line begins.
    fileprivate func range(ofBlankLine: Void) -> String.Index? {
        let bytes = Array(utf8)
        guard bytes.count >= 4 else { return nil }
        for index in 0...(bytes.count - 4) where Array(bytes[index..<index + 4]) == Array("\r\n\r\n".utf8) {
            return utf8.index(utf8.startIndex, offsetBy: index + 4)
        }
        return nil
    }
}
