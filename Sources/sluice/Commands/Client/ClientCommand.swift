internal import Glibc
internal import JSON

extension Command {
    /// A command that talks to a server.
    static func client(
        _ name: String, aliases: [String] = [], group: Group = .look, _ summary: String, details: String? = nil,
        operands: String? = nil, operandHint: String? = nil, options: [CommandOption] = [], examples: [String],
        run: @escaping @Sendable (Arguments, APIClient) throws -> Void
    ) -> Command {
        Command(
            name: name, aliases: aliases, group: group, summary: summary, details: details, operands: operands,
            operandHint: operandHint, options: options + ServerAccess.options + [.json], examples: examples
        ) { arguments in
            try speaking(json: arguments.has(.json)) { try run(arguments, APIClient(ServerAccess(arguments))) }
        }
    }

    /// Runs what speaks to a server, and turns its failures into messages and the exit status.
    static func speaking(json: Bool, _ body: () throws -> Void) throws -> Int32 {
        takeSignals()
        do {
            try body()
            return 0
        } catch let problem as ServerProblem {
            guard json, let document = problem.document else { return show(problem.failure) }
            Commands.write(document.text + "\n", to: STDERR_FILENO)
            return CommandFailure.Code.refused.rawValue
        } catch let failure as CommandFailure {
            return show(failure)
        } catch is OutputClosed {
            return 0
        }
    }

    private static func show(_ failure: CommandFailure) -> Int32 {
        // Places stand first on their lines, so that editors find them.
        let hint = failure.hint.map { "hint: \($0)\n" } ?? ""
        Commands.write("\(failure.message)\n\(hint)", to: STDERR_FILENO)
        return failure.code.rawValue
    }

    /// `main` blocks signals for servers; here Ctrl-C has to end the program.
    private static func takeSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }
}
