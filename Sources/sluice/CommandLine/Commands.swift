internal import Glibc
internal import Store

/// Runs what a command line asks for.
enum Commands {
    /// Runs the command that the words after the program's name ask for, and returns the exit status.
    static func run(_ words: [String]) -> Int32 {
        do {
            let (command, rest) = try Command.root.find(words.dropFirst())
            let arguments = try Arguments(rest, for: command, environment: environment())
            if arguments.has(.help) {
                write(Help.text(of: command), to: STDOUT_FILENO)
                return 0
            }
            try Operands.check(arguments.operands, of: command)
            return try command.run(arguments)
        } catch let error as UsageError {
            complain(error.message, hint: error.hint)
            return 2
        } catch {
            complain("\(error)", hint: nil)
            return 1
        }
    }

    static func complain(_ message: String, hint: String?) {
        write("error: \(message)\n" + (hint.map { "hint: \($0)\n" } ?? ""), to: STDERR_FILENO)
    }

    /// All or, when the reader is gone, nothing more: there is nobody left to tell.
    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress!, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
        }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for entry in ProcessSpecification.ownEnvironment() {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }
}
