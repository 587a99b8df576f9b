/// Why a command did not do what it was asked; ends the program with the code's exit status.
struct CommandFailure: Error, Sendable {
    enum Code: Int32, Sendable {
        /// The server, or a check before asking it, said no.
        case refused = 1
        /// No server answered.
        case unreachable = 3
    }

    var code: Code
    /// One line or several, as they are shown.
    var message: String
    var hint: String?

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}
