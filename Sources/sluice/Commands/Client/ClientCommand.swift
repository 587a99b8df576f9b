internal import Glibc

extension Command {
    /// A command that talks to a server.
    static func client(
        _ name: String, _ summary: String, operands: String? = nil, options: [CommandOption], examples: [String],
        run: @escaping @Sendable (Arguments, APIClient) throws -> Void
    ) -> Command {
        Command(
            name: name, summary: summary, operands: operands, options: options + ServerAccess.options + [.json],
            examples: examples
        ) { arguments in
            takeSignals()
            do {
                try run(arguments, APIClient(ServerAccess(arguments)))
                return 0
            } catch let failure as CommandFailure {
                // Places stand first on their lines, so that editors find them.
                let hint = failure.hint.map { "hint: \($0)\n" } ?? ""
                Commands.write("\(failure.message)\n\(hint)", to: STDERR_FILENO)
                return failure.code.rawValue
            } catch is OutputClosed {
                return 0
            }
        }
    }

    /// `main` blocks signals for servers; here Ctrl-C has to end the program.
    private static func takeSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }
}
