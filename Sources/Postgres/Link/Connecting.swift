internal import CPQ
internal import EventLoop

/// Opens sessions without blocking the loop.
enum Connecting {
    /// Connects, on the thread of `loop`, which the caller is on.
    ///
    /// - Throws: `.connectionFailed` with the server's SQLSTATE where it gave one, `.cancelled`.
    static func open(
        _ options: ConnectionOptions, on loop: EventLoop, blocking: BlockingPool, before deadline: Deadline
    ) async throws(PostgresError) -> Link {
        var keywords = options.keywords
        if !options.isLocal, options.others["hostaddr"] == nil {
            // PQconnectStart would resolve the name itself, and block.
            let addresses = try await HostName.resolve(options.host, in: blocking)
            keywords.append(("hostaddr", addresses.joined(separator: ",")))
            keywords.append(("host", addresses.map { _ in options.host }.joined(separator: ",")))
        }
        let raw = try start(keywords)
        let messages = ServerMessages()
        messages.attach(to: raw)
        // Only so does a refused start-up tell its SQLSTATE, inside the message.
        PQsetErrorVerbosity(raw, PQERRORS_VERBOSE)
        let source = FileDescriptorSource(fd: PQsocket(raw), loop: loop, ownsDescriptor: false)
        do throws(PostgresError) {
            try await poll(raw, source, before: deadline)
            guard let canceller = Canceller(of: raw, pool: blocking) else {
                throw PostgresError(code: .connectionFailed, message: "out of memory")
            }
            PQsetnonblocking(raw, 1)
            return Link(raw: raw, source: source, messages: messages, canceller: canceller)
        } catch {
            source.close()
            PQfinish(raw)
            throw error
        }
    }

    private static func start(_ keywords: [(String, String)]) throws(PostgresError) -> OpaquePointer {
        guard !keywords.contains(where: { $0.1.utf8.contains(0) }) else {
            throw PostgresError(code: .connectionFailed, message: "a connection option contains a NUL byte")
        }
        // Owned copies, since the array of pointers outlives any one closure.
        let names = keywords.map { ContiguousArray($0.0.utf8CString) }
        let values = keywords.map { ContiguousArray($0.1.utf8CString) }
        let raw = withPointers(to: names) { names in
            withPointers(to: values) { values in PQconnectStartParams(names, values, 0) }
        }
        guard let raw else { throw PostgresError(code: .connectionFailed, message: "out of memory") }
        if PQstatus(raw) == CONNECTION_BAD {
            defer { PQfinish(raw) }
            throw refusal(raw)
        }
        return raw
    }

    private static func poll(
        _ raw: OpaquePointer, _ source: FileDescriptorSource, before deadline: Deadline
    ) async throws(PostgresError) {
        var wanted = PGRES_POLLING_WRITING
        while true {
            do throws(IOError) {
                switch wanted {
                case PGRES_POLLING_WRITING: try await source.writable(before: deadline)
                case PGRES_POLLING_READING: try await source.readable(before: deadline)
                case PGRES_POLLING_OK: return
                default: throw IOError(.closed, operation: "PQconnectPoll")
                }
            } catch {
                switch error.code {
                case .timedOut: throw PostgresError(code: .connectionFailed, message: "connecting took too long")
                case .cancelled: throw PostgresError(code: .cancelled, message: "the task was cancelled")
                default:
                    throw PQstatus(raw) == CONNECTION_BAD
                        ? refusal(raw) : PostgresError(code: .connectionFailed, message: error.description)
                }
            }
            wanted = PQconnectPoll(raw)
            if wanted == PGRES_POLLING_FAILED { throw refusal(raw) }
            // Another address means another socket, possibly under the same number: register anew each time.
            do { try source.rebind(fd: PQsocket(raw)) } catch {
                throw PostgresError(code: .connectionFailed, message: error.description)
            }
        }
    }

    /// The failure in libpq's message, whose verbose form reads `…FATAL:  28000: Peer authentication failed …`.
    private static func refusal(_ raw: OpaquePointer) -> PostgresError {
        let text = String(cString: PQerrorMessage(raw))
        let firstLines = text.split(separator: "\n").filter { !$0.hasPrefix("LOCATION:") }
        let message = firstLines.joined(separator: "\n")
        return PostgresError(code: .connectionFailed, sqlState: sqlState(in: message), message: message)
    }

    /// The last five-character state between `:  ` and `: `.
    static func sqlState(in message: String) -> String? {
        let bytes = Array(message.utf8)
        guard bytes.count >= 10 else { return nil }
        for start in stride(from: bytes.count - 10, through: 0, by: -1)
        where bytes[start...].starts(with: ":  ".utf8) && bytes[start + 8] == UInt8(ascii: ":") {
            let state = bytes[(start + 3)..<(start + 8)]
            let isState = state.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
            if isState { return String(decoding: state, as: UTF8.self) }
        }
        return nil
    }
}

/// Lends a NULL-terminated array of C strings.
private func withPointers<R>(
    to strings: [ContiguousArray<CChar>], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
    var block: [CChar] = []
    var starts: [Int] = []
    for string in strings {
        starts.append(block.count)
        block += string
    }
    return block.withUnsafeBufferPointer { block in
        let pointers: [UnsafePointer<CChar>?] = starts.map { start in block.baseAddress.map { $0 + start } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
