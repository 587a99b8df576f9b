internal import JSON

/// Writes single values as JSON.
struct JSONCells: Sendable {
    /// Whether `bigint` and `numeric` become strings.
    var numbersAsStrings: Bool
    /// An array element with its quoting undone; kept to reuse its memory.
    private var element: [UInt8] = []

    /// Array text nested deeper than Postgres allows (6) is no array.
    private static let maxArrayDepth = 6

    init(numbersAsStrings: Bool) { self.numbersAsStrings = numbersAsStrings }

    mutating func append(_ cell: WireCell, as type: WireType, to output: inout [UInt8]) {
        guard let cell else { return output.append(contentsOf: "null".utf8) }
        switch type {
        case .number where ScalarText.isNumber(cell): output.append(contentsOf: cell)
        case .wideNumber where !numbersAsStrings && ScalarText.isNumber(cell): output.append(contentsOf: cell)
        case .boolean: if !ScalarText.appendBoolean(cell, to: &output) { quote(cell, &output) }
        case .json: Self.appendJSON(cell, to: &output)
        case .bytea: appendQuoted(cell, to: &output, ScalarText.appendBase64)
        case .timestamp: appendQuoted(cell, to: &output, ScalarText.appendTimestamp)
        case .array(let type): if !appendArray(cell, of: type, to: &output) { quote(cell, &output) }
        case .number, .wideNumber, .text: quote(cell, &output)
        }
    }

    private func quote(_ cell: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
        JSONText.append(quoted: cell.assumingMemoryBound(to: UInt8.self).span, to: &output)
    }

    /// Appends in quotes what `convert` makes of the cell, or else the cell.
    private func appendQuoted(
        _ cell: UnsafeRawBufferPointer, to output: inout [UInt8],
        _ convert: (UnsafeRawBufferPointer, inout [UInt8]) -> Bool
    ) {
        output.append(UInt8(ascii: "\""))
        if convert(cell, &output) {
            output.append(UInt8(ascii: "\""))
        } else {
            output.removeLast()
            quote(cell, &output)
        }
    }

    /// A JSON document as it is. A line break can only be white space there, and must not cut an NDJSON line.
    static func appendJSON(_ cell: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        guard !cell.isEmpty else { return output.append(contentsOf: "null".utf8) }
        let start = output.count
        output.append(contentsOf: cell)
        for index in start..<output.count where output[index] == 0x0A || output[index] == 0x0D { output[index] = 0x20 }
    }

    /// Appends Postgres array text as a JSON array; takes back what it wrote and answers `false` if it is malformed.
    private mutating func appendArray(
        _ text: UnsafeRawBufferPointer, of type: WireType, to output: inout [UInt8]
    ) -> Bool {
        let start = output.count
        var reader = ArrayTextReader(text)
        var depth = 0
        var needsComma = false
        while let item = reader.next() {
            switch item {
            case .open:
                if needsComma { output.append(UInt8(ascii: ",")) }
                output.append(UInt8(ascii: "["))
                depth += 1
                needsComma = false
            case .close:
                output.append(UInt8(ascii: "]"))
                depth -= 1
                needsComma = true
            case .null, .plain, .quoted:
                if needsComma { output.append(UInt8(ascii: ",")) }
                appendElement(item, of: text, as: type, to: &output)
                needsComma = true
            case .malformed:
                output.removeLast(output.count - start)
                return false
            }
            if depth > Self.maxArrayDepth {
                output.removeLast(output.count - start)
                return false
            }
        }
        return true
    }

    private mutating func appendElement(
        _ item: ArrayTextReader.Item, of text: UnsafeRawBufferPointer, as type: WireType, to output: inout [UInt8]
    ) {
        switch item {
        case .plain(let range): append(UnsafeRawBufferPointer(rebasing: text[range]), as: type, to: &output)
        case .quoted(let range):
            // Taken out of `self` so that writing it may use `self`.
            var unquoted = element
            element = []
            unquoted.removeAll(keepingCapacity: true)
            ArrayTextReader.append(unquoted: text[range], to: &unquoted)
            unquoted.withUnsafeBytes { append($0, as: type, to: &output) }
            element = unquoted
        default: output.append(contentsOf: "null".utf8)
        }
    }
}
