/// What is wrong with a record, and where. Never quotes a value: the message may reach people who may not see it.
public struct RowError: Error, Hashable, Sendable {
    public enum Code: String, Sendable, CaseIterable {
        /// Not written as the column's type is.
        case invalidValue = "invalid_value"
        case outOfRange = "out_of_range"
        case tooLong = "too_long"
        /// Empty or absent although the column must not be NULL.
        case nullNotAllowed = "null_not_allowed"
        /// JSON of another type than the column takes.
        case wrongType = "wrong_type"
        case notUTF8 = "not_utf8"
        case nulCharacter = "nul_character"
        case tooFewFields = "too_few_fields"
        case tooManyFields = "too_many_fields"
        case unclosedQuote = "unclosed_quote"
        case misplacedQuote = "misplaced_quote"
        case missingHeader = "missing_header"
        case unknownColumn = "unknown_column"
        case duplicateColumn = "duplicate_column"
        case missingColumn = "missing_column"
        /// Not JSON, or not the JSON that was announced.
        case malformedJSON = "malformed_json"
        case limitExceeded = "limit_exceeded"
        /// The primary key is taken, in the dataset or earlier in the upload.
        case duplicateKey = "duplicate_key"
    }

    public var code: Code
    /// Line of the field, from 1; of the record when no field is to blame.
    public var line: Int
    /// Number of the record from 1, the CSV header not counted; `nil` in the header or outside of records.
    public var record: Int?
    /// The name of the column at fault; `nil` where it is none or not known.
    public var column: String?
    /// Continues a sentence that begins with the place.
    public var message: String

    public init(_ code: Code, line: Int, record: Int?, column: String? = nil, _ message: String) {
        self.code = code
        self.line = line
        self.record = record
        self.column = column
        self.message = message
    }
}

extension RowError {
    /// The same at a record's place.
    func at(line: Int, record: Int) -> RowError {
        var copy = self
        (copy.line, copy.record) = (line, record)
        return copy
    }
}

extension RowError: CustomStringConvertible {
    public var description: String {
        let place = column.map { "line \(line), column \"\($0)\"" } ?? "line \(line)"
        return "\(place): \(message)"
    }
}

/// Why an upload is refused: the first wrong records, in order; never empty.
public struct RowErrors: Error, Hashable, Sendable, CustomStringConvertible {
    public var errors: [RowError]

    public init(errors: [RowError]) { self.errors = errors }

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// The wrong records so far.
struct RowErrorLog: Sendable {
    private(set) var errors: [RowError] = []
    let limit: Int

    /// Notes a record that can be passed over to find further errors; throws when they are enough.
    mutating func note(_ error: RowError) throws(RowErrors) {
        errors.append(error)
        if errors.count >= limit { throw RowErrors(errors: errors) }
    }

    /// All errors, `error` being one after which the input cannot be understood.
    func fatal(_ error: RowError) -> RowErrors { RowErrors(errors: errors + [error]) }

    func throwIfAny() throws(RowErrors) { if !errors.isEmpty { throw RowErrors(errors: errors) } }
}

/// What is wrong with one value; the place is added by who knows it.
struct FieldError: Error {
    var code: RowError.Code
    var message: String

    init(_ code: RowError.Code, _ message: String) {
        self.code = code
        self.message = message
    }

    static func invalid(_ message: String) -> FieldError { FieldError(.invalidValue, message) }
    static func outOfRange(_ message: String) -> FieldError { FieldError(.outOfRange, message) }
}
