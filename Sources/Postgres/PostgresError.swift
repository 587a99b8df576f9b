/// A failure reported by libpq, by the server behind it, or by this target's own bounds.
public struct PostgresError: Error, Sendable {
    public enum Code: String, Sendable {
        /// No connection could be made, or the one in use broke: what was under way may or may not have happened.
        case connectionFailed
        /// The server refused the statement; see `sqlState`.
        case queryFailed
        /// A cell was absent, `NULL` or not of the type asked for.
        case resultMalformed
        /// The result exceeds the bytes that may be kept in memory; nothing of it is returned.
        case resultTooLarge
        /// The deadline passed; the statement was cancelled.
        case timedOut
        /// The calling task was cancelled, and the statement with it.
        case cancelled
        /// The connection's queue is full; nothing was sent.
        case saturated
        /// The statement cannot be sent: a NUL byte, too many parameters, several statements or a COPY where one
        /// plain statement is expected.
        case invalidStatement
    }

    public var code: Code
    /// Five-character SQLSTATE; `nil` when the server never answered.
    public var sqlState: String?
    private var report: Report

    /// Everything else the server said, apart so that the error stays small to pass around.
    private final class Report: Sendable {
        let message: String
        let fields: ServerFields

        init(message: String, fields: ServerFields) {
            self.message = message
            self.fields = fields
        }
    }

    public init(code: Code, sqlState: String? = nil, message: String, fields: ServerFields = ServerFields()) {
        self.code = code
        self.sqlState = sqlState
        report = Report(message: message, fields: fields)
    }

    /// The same error of a text that was sent with `count` characters before it.
    public func counted(without count: Int) -> PostgresError {
        guard let position else { return self }
        var fields = report.fields
        fields.position = position > count ? position - count : nil
        return PostgresError(code: code, sqlState: sqlState, message: message, fields: fields)
    }

    /// Primary message. May quote row values: for logs, not for clients.
    public var message: String { report.message }
    /// May quote row values.
    public var detail: String? { report.fields.detail }
    /// What to do, as the server suggests it.
    public var hint: String? { report.fields.hint }
    /// Position of the error in the statement, in characters from 1.
    public var position: Int? { report.fields.position }
    /// Call stack of functions, innermost first. May quote row values.
    public var context: String? { report.fields.context }
    /// Of the object the failure concerns, where the server names one (class 23 and a few others).
    public var schemaName: String? { report.fields.schemaName }
    /// The table it concerns; see `schemaName`.
    public var tableName: String? { report.fields.tableName }
    /// The column it concerns; see `schemaName`.
    public var columnName: String? { report.fields.columnName }
    /// The data type it concerns; see `schemaName`.
    public var dataTypeName: String? { report.fields.dataTypeName }
    /// The constraint it concerns, or the index behind one.
    public var constraintName: String? { report.fields.constraintName }
    /// The server's source function, such as `RevalidateCachedQuery`: names a cause that shares its SQLSTATE.
    public var routine: String? { report.fields.routine }
}

/// The optional fields of an error or notice response (Postgres manual, "Error and Notice Message Fields").
public struct ServerFields: Sendable {
    /// `ERROR`, `FATAL` or `PANIC`, or that of a notice; never translated.
    public var severity: String?
    /// May quote row values.
    public var detail: String?
    /// What to do.
    public var hint: String?
    /// In characters of the statement, from 1.
    public var position: Int?
    /// Call stack of functions, innermost first. May quote row values.
    public var context: String?
    /// Of the object that the failure concerns, as the four that follow.
    public var schemaName: String?
    /// Its table.
    public var tableName: String?
    /// Its column.
    public var columnName: String?
    /// Its data type.
    public var dataTypeName: String?
    /// The constraint, or the index behind one.
    public var constraintName: String?
    /// The server's source function.
    public var routine: String?

    public init() {}
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe to show: code, SQLSTATE and the constraint's name, never what the server quoted.
    public var description: String {
        let constraint = constraintName.map { " constraint \($0)" } ?? ""
        return "PostgresError.\(code.rawValue) [\(sqlState ?? "-----")]\(constraint)"
    }

    public var debugDescription: String {
        "\(description): \(message)\(detail.map { " (\($0))" } ?? "")"
    }
}
