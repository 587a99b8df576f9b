internal import Glibc
internal import JSON
internal import Store

/// Every command, and the way from a command line to one of them.
enum Commands {
    static let all: [Command] = [.serve, .worker, .migrate, .plan, .apply, .query, .token, .version, .supervise, .job]

    /// Runs what the command line asks for and returns the exit status.
    static func run(_ words: [String]) -> Int32 {
        do {
            return try dispatch(words.dropFirst())
        } catch let error as UsageError {
            complain(error.message, hint: error.hint)
            return 2
        } catch {
            complain("\(error)", hint: nil)
            return 1
        }
    }

    private static func dispatch(_ words: ArraySlice<String>) throws -> Int32 {
        guard let name = words.first, !["--help", "-h", "help"].contains(name) else {
            return print(Help.overview(all), asked: words.first != nil)
        }
        guard let command = all.first(where: { $0.name == name }) else {
            let known = all.filter { !$0.isHidden }.map(\.name)
            throw UsageError(
                message: "sluice has no command \(name.debugDescription)",
                hint: ClosestName.of(name, among: known).map { "Did you mean sluice \($0)?" }
                    ?? "sluice --help lists them.")
        }
        let arguments = try Arguments(words.dropFirst(), for: command, environment: environment())
        if arguments.has(.help) { return print(Help.text(of: command), asked: true) }
        return try command.run(arguments)
    }

    /// Help that was asked for is an answer; help for an empty command line is an error.
    private static func print(_ help: String, asked: Bool) -> Int32 {
        write(help, to: asked ? STDOUT_FILENO : STDERR_FILENO)
        return asked ? 0 : 2
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
