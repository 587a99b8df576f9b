internal import Catalog
internal import JSON

/// A JSON value of a record, as ranges of the record's bytes.
enum JSONSlot: Sendable {
    /// The key does not occur.
    case absent
    case null
    case bool(Bool)
    case number(Range<Int>)
    case string(JSONStringRange)
    case array(Range<Int>)
    case object(Range<Int>)

    /// Consumes one value, checking it fully.
    init(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        let first = scanner.peek(bytes)
        let start = scanner.position
        switch first {
        case UInt8(ascii: "\"")?: self = .string(try scanner.string(bytes))
        case UInt8(ascii: "n")?:
            try scanner.literal(bytes, "null")
            self = .null
        case UInt8(ascii: "t")?:
            try scanner.literal(bytes, "true")
            self = .bool(true)
        case UInt8(ascii: "f")?:
            try scanner.literal(bytes, "false")
            self = .bool(false)
        default:
            try scanner.skipValue(bytes, depth: depth)
            let range = start..<scanner.position
            self =
                switch first {
                case UInt8(ascii: "[")?: .array(range)
                case UInt8(ascii: "{")?: .object(range)
                default: .number(range)
                }
        }
    }
}

extension FieldEncoder {
    /// Appends a value of a JSON record that is neither absent nor `null`.
    func append(
        _ slot: JSONSlot, in bytes: Span<UInt8>, as type: ColumnType, to output: inout [UInt8]
    ) throws(FieldError) {
        if type.isArray {
            guard case .array(let range) = slot else { throw FieldError(.wrongType, "must be a JSON array") }
            try appendArray(json: bytes.extracting(range), of: type.scalar, to: &output)
        } else {
            try append(slot, in: bytes, as: type.scalar, .field, to: &output)
        }
    }

    private func append(
        _ slot: JSONSlot, in bytes: Span<UInt8>, as scalar: ColumnType.Scalar, _ layer: CopyText.Layer,
        to output: inout [UInt8]
    ) throws(FieldError) {
        if scalar == .json || scalar == .jsonb {
            try appendJSON(slot, in: bytes, layer, to: &output)
            return
        }
        let category = ColumnType(scalar).category
        switch slot {
        case .absent, .null: CopyText.appendNull(to: &output)
        case .bool(let value) where category == .boolean:
            output.append(value ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .number(let range) where category == .number:
            try append(text: bytes.extracting(range), as: scalar, layer, to: &output)
        case .string(let string) where category != .boolean:
            guard string.hasEscapes else {
                return try append(text: bytes.extracting(string.range), as: scalar, layer, to: &output)
            }
            var text: [UInt8] = []
            text.reserveCapacity(string.range.count)
            string.append(from: bytes, to: &text)
            try append(text: text.span, as: scalar, layer, to: &output)
        default:
            switch category {
            case .boolean: throw FieldError(.wrongType, "must be true or false")
            case .number: throw FieldError(.wrongType, "must be a number, or a string with one")
            default: throw FieldError(.wrongType, "must be a string")
            }
        }
    }

    private func appendJSON(
        _ slot: JSONSlot, in bytes: Span<UInt8>, _ layer: CopyText.Layer, to output: inout [UInt8]
    ) throws(FieldError) {
        switch slot {
        case .absent, .null: CopyText.appendNull(to: &output)
        case .bool(let value): output.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .number(let range), .array(let range), .object(let range):
            try CopyText.append(checking: bytes.extracting(range), layer, to: &output)
        case .string(let string):
            let quoted = string.range.lowerBound - 1..<string.range.upperBound + 1
            try CopyText.append(checking: bytes.extracting(quoted), layer, to: &output)
        }
    }

    /// Appends an array that a text field holds: as JSON, or as Postgres writes it, which is left to Postgres.
    func appendArray(
        text: Span<UInt8>, of scalar: ColumnType.Scalar, to output: inout [UInt8]
    ) throws(FieldError) {
        let text = text.extracting(text.trimmedRange)
        if text.count > 0, text[0] == UInt8(ascii: "{") {
            try CopyText.append(checking: text, .field, to: &output)
        } else if text.count > 0, text[0] == UInt8(ascii: "[") {
            try appendArray(json: text, of: scalar, to: &output)
        } else {
            throw .invalid("is not an array; write it as JSON, like [1,2]")
        }
    }

    /// Appends a JSON array, which `json` begins with, as Postgres array text. Elements may be `null`, not arrays.
    private func appendArray(
        json: Span<UInt8>, of scalar: ColumnType.Scalar, to output: inout [UInt8]
    ) throws(FieldError) {
        let close = UInt8(ascii: "]")
        var scanner = JSONScanner(maxDepth: maxJSONDepth)
        output.append(UInt8(ascii: "{"))
        var hasElement = scanner.open(json, until: close)
        do {
            while hasElement {
                let slot = try JSONSlot(&scanner, json, depth: 1)
                try appendElement(slot, in: json, of: scalar, to: &output)
                hasElement = try scanner.hasNext(json, until: close)
                if hasElement { output.append(UInt8(ascii: ",")) }
            }
            try scanner.expectEnd(json)
        } catch let error as JSONError {
            throw FieldError(error)
        } catch let error as FieldError {
            throw error
        } catch {
            throw FieldError(.invalidValue, "is not acceptable")
        }
        output.append(UInt8(ascii: "}"))
    }

    private func appendElement(
        _ slot: JSONSlot, in bytes: Span<UInt8>, of scalar: ColumnType.Scalar, to output: inout [UInt8]
    ) throws(FieldError) {
        if case .null = slot { return output.append(contentsOf: "NULL".utf8) }
        output.append(UInt8(ascii: "\""))
        try append(slot, in: bytes, as: scalar, .arrayElement, to: &output)
        output.append(UInt8(ascii: "\""))
    }
}
