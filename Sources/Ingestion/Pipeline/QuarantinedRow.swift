/// A record that did not become a row, as the source wrote it.
public struct QuarantinedRow: Sendable, Hashable {
    /// The record's first line, from 1. Of a table: the number of the row in the order it was read.
    public var line: Int
    /// Bytes of the source before the record, after decompression.
    public var byteOffset: Int
    /// The record with its line break: the input's bytes from `byteOffset` on. Of a table: a line of COPY text.
    public var bytes: [UInt8]
    /// The name of the check that it failed, or a code of `RowError` when it cannot be read as a row at all.
    public var rule: String
    /// The dataset's column, where one is to blame.
    public var column: String?
    /// What is wrong, in words that quote no value.
    public var error: String

    public init(line: Int, byteOffset: Int, bytes: [UInt8], rule: String, column: String?, error: String) {
        self.line = line
        self.byteOffset = byteOffset
        self.bytes = bytes
        self.rule = rule
        self.column = column
        self.error = error
    }
}
