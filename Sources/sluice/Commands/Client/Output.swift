internal import Glibc
internal import JSON

/// Whoever read standard output has read enough (`sluice query … | head`).
struct OutputClosed: Error {}

/// Standard output for data.
enum Output {
    static let terminal = Terminal(STDOUT_FILENO)
    static var isTerminal: Bool { terminal.isTerminal }

    /// Writes all bytes, waiting for the reader.
    static func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                throw OutputClosed()
            } else if errno != EINTR {
                throw CommandFailure(.refused, "cannot write the output: \(String(cString: strerror(errno)))")
            }
        }
    }

    static func write(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try write($0) }
    }

    static func write(_ value: JSONValue) throws { try write(value.text + "\n") }

    /// Remarks that are not data.
    static func note(_ text: String) {
        Commands.write("\(text)\n", to: STDERR_FILENO)
    }
}
