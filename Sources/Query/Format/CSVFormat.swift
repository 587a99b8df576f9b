/// CSV with a header line: RFC 4180 quoting, LF, NULL an empty field, empty text `""`.
///
/// Values are those of the JSON formats: numbers as digits, `true` and `false`, base64, RFC 3339 times, arrays and
/// JSON documents as JSON text.
public struct CSVFormat: RowFormat {
    private var types: [WireType] = []
    private var cells = JSONCells(numbersAsStrings: false)
    /// A JSON text before it is quoted; kept to reuse its memory.
    private var json: [UInt8] = []

    public init() {}

    public mutating func begin(_ columns: [FormatColumn], into output: inout [UInt8]) {
        types = columns.map(\.type)
        for (index, column) in columns.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            var name = column.name
            name.withUTF8 { Self.appendField(UnsafeRawBufferPointer($0), to: &output) }
        }
        output.append(UInt8(ascii: "\n"))
    }

    public mutating func row(_ row: [WireCell], into output: inout [UInt8]) {
        for index in types.indices {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            guard index < row.count, let cell = row[index] else { continue }
            append(cell, as: types[index], to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    public mutating func end(rowCount: Int, truncated: Bool, into output: inout [UInt8]) {}

    /// There is no place for it: the connection has to end without the final chunk.
    public mutating func failure(_ problem: [UInt8], into output: inout [UInt8]) -> Bool { false }

    /// Appends one field that is not NULL.
    mutating func append(_ cell: UnsafeRawBufferPointer, as type: WireType, to output: inout [UInt8]) {
        switch type {
        case .boolean where ScalarText.appendBoolean(cell, to: &output): break
        case .timestamp where ScalarText.appendTimestamp(cell, to: &output): break
        case .bytea where cell.elementsEqual("\\x".utf8): output.append(contentsOf: "\"\"".utf8)
        case .bytea where ScalarText.appendBase64(cell, to: &output): break
        case .array, .json:
            json.removeAll(keepingCapacity: json.capacity <= 1 << 20)
            cells.append(cell, as: type, to: &json)
            json.withUnsafeBytes { Self.appendField($0, to: &output) }
        default: Self.appendField(cell, isAlone: types.count == 1, to: &output)
        }
    }

    /// Appends a field, in quotes if it needs them; empty text does, to differ from NULL.
    ///
    /// - Parameter isAlone: Whether it is all of its line: then `\.` would end the data for Postgres's COPY.
    private static func appendField(
        _ text: UnsafeRawBufferPointer, isAlone: Bool = false, to output: inout [UInt8]
    ) {
        var needsQuotes = text.isEmpty || isAlone && text.elementsEqual("\\.".utf8)
        for byte in text {
            // What calls for quotes is below all letters and digits.
            guard byte <= UInt8(ascii: ",") else { continue }
            if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D {
                needsQuotes = true
                break
            }
        }
        guard needsQuotes else { return output.append(contentsOf: text) }
        output.append(UInt8(ascii: "\""))
        var start = 0
        for index in text.indices where text[index] == UInt8(ascii: "\"") {
            // Up to and with the quote, which then begins the next part as well.
            output.append(contentsOf: text[start...index])
            start = index
        }
        output.append(contentsOf: text[start...])
        output.append(UInt8(ascii: "\""))
    }
}
