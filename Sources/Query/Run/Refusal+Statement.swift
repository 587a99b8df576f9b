public import Catalog
public import Postgres

extension Refusal {
    /// What a failed statement of the user's own says to its author; `nil` when the fault is not the statement's.
    ///
    /// The server's primary message and position are passed on: under row security and masks they can quote only what
    /// the author may see. Detail and context are not.
    public init?(statement error: PostgresError) {
        guard error.code == .queryFailed, let state = error.sqlState else { return nil }
        switch state {
        case "42501":
            self.init(
                .forbidden, error.message, hint: "POST /access/explain shows what you hold and what it takes.",
                sqlState: state)
        case "40001":
            self.init(
                .policyChanging, "the access policy changed while the statement ran", hint: "Run it again.",
                sqlState: state)
        case "57014":
            self.init(
                .budgetExceeded, "the statement was cancelled by a time-out of its session", hint: "Ask for less.",
                sqlState: state)
        case "25006":
            self.init(.notARead, "the statement writes", hint: "Only reading statements run here.", sqlState: state)
        case _ where state.hasPrefix("53"):
            self.init(
                .budgetExceeded, error.message, hint: "The statement needs more than a session may use.",
                sqlState: state)
        case _ where ["42", "22", "21", "0A", "2F", "3D", "3F", "54", "44", "P0", "38", "39"].contains(state.prefix(2)):
            self.init(.invalidSQL, error.message, hint: error.hint, sqlState: state, position: error.position)
        default:
            return nil
        }
    }
}
