public import Postgres

/// Why a database cannot be brought to this program's schema. Every one tells what to do next.
public struct MigrationError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The database was migrated by a program more than one release ahead.
        case databaseTooNew
        /// A migration was edited after it was applied.
        case checksumDiffers
        /// A migration that comes before an applied one has not been applied.
        case outOfOrder
        /// The login is no superuser and a privileged migration is due.
        case needsSuperuser
        /// The server is older than 15, or the login may not create the databases.
        case serverUnsuitable
        /// A statement failed; nothing of its migration is left, unless that runs without a transaction.
        case statementFailed
    }

    public var code: Code
    public var message: String
    public var hint: String
    /// What Postgres said.
    public var cause: PostgresError?

    init(_ code: Code, _ message: String, hint: String, cause: PostgresError? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// For the operator: migrations hold no row values that their errors could quote.
    public var description: String {
        "\(message)\(cause.map { ": \($0.message)" } ?? "")\nhint: \(hint)"
    }
}
