/// One value of a row in Postgres' text format, lent for the length of a call; `nil` is SQL NULL.
public typealias WireCell = UnsafeRawBufferPointer?

/// Writes a result, row by row, from Postgres' text format straight to bytes.
///
/// The session must have `TimeZone = UTC`, `DateStyle = ISO`, `IntervalStyle = iso_8601` or `postgres`,
/// `bytea_output = hex` and `client_encoding = UTF8`. Text that is not as these promise is written as a string,
/// never trapped on. Each call appends to `output`, which the caller drains between calls; nothing else grows.
public protocol RowFormat: Sendable {
    /// Writes what comes before the rows. Called once, first.
    mutating func begin(_ columns: [FormatColumn], into output: inout [UInt8])

    /// Writes one row. Missing cells are NULL, surplus ones are dropped.
    mutating func row(_ cells: [WireCell], into output: inout [UInt8])

    /// Writes what comes after the rows.
    mutating func end(rowCount: Int, truncated: Bool, into output: inout [UInt8])

    /// Writes why the result ends early, if the format has a place for that, and says whether it had.
    ///
    /// - Parameter problem: A problem document (RFC 9457).
    mutating func failure(_ problem: [UInt8], into output: inout [UInt8]) -> Bool
}

/// The formats a result can be asked for.
public enum ResultFormat: String, Sendable, CaseIterable {
    case json, ndjson, csv

    public var mediaType: String {
        switch self {
        case .json: "application/json"
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv"
        }
    }

    /// The value of `Content-Type`.
    public var contentType: String { self == .csv ? "text/csv; charset=utf-8; header=present" : mediaType }

    /// - Parameter numbersAsStrings: Whether `bigint` and `numeric` become JSON strings (`Prefer: numbers=string`).
    public func makeWriter(numbersAsStrings: Bool = false) -> any RowFormat {
        switch self {
        case .json: JSONFormat(numbersAsStrings: numbersAsStrings)
        case .ndjson: NDJSONFormat(numbersAsStrings: numbersAsStrings)
        case .csv: CSVFormat()
        }
    }
}
