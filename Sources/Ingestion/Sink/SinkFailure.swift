internal import JSON
import Postgres

/// Why a unit was not loaded, in words that quote no value. Nothing of it is in the dataset then.
public struct SinkFailure: Error, Sendable, Hashable {
    public enum Code: String, Sendable, CaseIterable {
        /// A later attempt has taken over: nothing this one does counts any more.
        case fenced
        /// The dataset was deleted meanwhile.
        case datasetGone = "dataset_gone"
        /// A primary key is taken by another row, in the dataset or earlier in the unit.
        case duplicateKey = "duplicate_key"
        /// More of the unit's rows went to quarantine than the step allows, or all of them did.
        case tooManyQuarantined = "too_many_quarantined"
        /// Postgres refuses more rows than are sorted out one by one.
        case tooManyRefused = "too_many_refused"
    }

    public var code: Code
    public var detail: String
    /// What to do next; `nil` where there is nothing to say.
    public var hint: String?
    /// Rows to blame, the first ones.
    public var rows: [RowFault]

    public init(_ code: Code, _ detail: String, hint: String? = nil, rows: [RowFault] = []) {
        self.code = code
        self.detail = detail
        self.hint = hint
        self.rows = rows
    }
}

extension SinkFailure {
    /// What the functions of m0013 and m0015 and the end of a session mean; `nil` for an error that is none of theirs.
    init?(_ error: PostgresError) {
        switch error.sqlState {
        // 57P01: a later attempt that had to wait for this one's locks has ended the session.
        case "SL001", "57P01": self.init(.fenced, "a later attempt has taken over", hint: "It loads the rows.")
        // 42501: of a session whose role has gone with its dataset.
        case "SL002", "42P01", "42501": self.init(.datasetGone, "the dataset was deleted meanwhile")
        default: return nil
        }
    }
}

extension SinkFailure: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(detail)" }
}

/// What is wrong with a row, without the row.
public struct RowFault: Sendable, Hashable {
    /// From 1.
    public var line: Int
    /// The name of the column at fault; `nil` where it is none.
    public var column: String?
    /// The name of a check, or a code of `RowError`.
    public var rule: String
    public var error: String

    public init(line: Int, column: String?, rule: String, error: String) {
        self.line = line
        self.column = column
        self.rule = rule
        self.error = error
    }

    /// As a stage's progress keeps it.
    var json: JSONValue {
        [
            "line": JSONValue(line), "column": JSONValue(column), "rule": .string(rule), "error": .string(error),
        ]
    }

    /// `nil` for what is none.
    init?(_ json: JSONValue) {
        guard let line = json["line"]?.intValue, let rule = json["rule"]?.stringValue,
            let error = json["error"]?.stringValue
        else { return nil }
        self.init(line: line, column: json["column"]?.stringValue, rule: rule, error: error)
    }

    init(_ row: QuarantinedRow) {
        self.init(line: row.line, column: row.column, rule: row.rule, error: row.error)
    }
}
