internal import Catalog
internal import JSON

/// Checks one value against its column's type and writes it for COPY.
///
/// What is accepted is what Postgres accepts, less what depends on settings or the day, or would lose something
/// without saying so. What Swift cannot decide exactly (intervals, addresses, Postgres' own array text) is only
/// checked for being harmless and left to Postgres. When it throws it may have written a part.
struct FieldEncoder: Sendable {
    let maxJSONDepth: Int

    /// Appends `text`, which is not NULL, as a CSV field or a JSON string gives it.
    func append(text: Span<UInt8>, as type: ColumnType, to output: inout [UInt8]) throws(FieldError) {
        if type.isArray {
            try appendArray(text: text, of: type.scalar, to: &output)
        } else {
            try append(text: text, as: type.scalar, .field, to: &output)
        }
    }

    func append(
        text: Span<UInt8>, as scalar: ColumnType.Scalar, _ layer: CopyText.Layer, to output: inout [UInt8]
    ) throws(FieldError) {
        switch scalar {
        case .text, .varchar(nil): try CopyText.append(checking: text, layer, to: &output)
        case .varchar(let length?), .char(let length):
            let count = try CopyText.append(checking: text, layer, to: &output)
            // Postgres cuts off blanks beyond the length, and nothing else.
            guard count <= length || count - Self.trailingBlanks(text) <= length else {
                throw FieldError(.tooLong, "is longer than \(length) characters")
            }
        case .json, .jsonb:
            try checkJSON(text)
            try CopyText.append(checking: text, layer, to: &output)
        case .bytea: try BinarySyntax.append(text, layer, to: &output)
        case .uuid:
            try WordSyntax.checkUUID(text)
            CopyText.append(plain: text, to: &output)
        default:
            // Postgres passes over white space around these.
            let text = text.extracting(text.trimmedRange)
            try check(text, scalar)
            CopyText.append(plain: text, to: &output)
        }
    }

    private func check(_ text: Span<UInt8>, _ scalar: ColumnType.Scalar) throws(FieldError) {
        switch scalar {
        case .smallint: try NumberSyntax.checkInteger(text, bits: 16)
        case .integer: try NumberSyntax.checkInteger(text, bits: 32)
        case .bigint: try NumberSyntax.checkInteger(text, bits: 64)
        case .numeric(let bounds): try NumberSyntax.checkNumeric(text, bounds)
        case .real: try NumberSyntax.checkFloat(text, isDouble: false)
        case .doublePrecision: try NumberSyntax.checkFloat(text, isDouble: true)
        case .boolean: try WordSyntax.checkBoolean(text)
        case .date: try DateTimeSyntax.check(text, .date)
        case .time: try DateTimeSyntax.check(text, .time)
        case .timestamp: try DateTimeSyntax.check(text, .timestamp)
        case .timestamptz: try DateTimeSyntax.check(text, .timestamptz)
        case .interval: try WordSyntax.checkInterval(text)
        case .inet: try WordSyntax.checkAddress(text)
        case .text, .varchar, .char, .uuid, .json, .jsonb, .bytea: break
        }
    }

    private static func trailingBlanks(_ text: Span<UInt8>) -> Int {
        var count = 0
        while count < text.count, text[text.count - 1 - count] == 0x20 { count += 1 }
        return count
    }

    private func checkJSON(_ text: Span<UInt8>) throws(FieldError) {
        var scanner = JSONScanner(maxDepth: maxJSONDepth)
        do {
            try scanner.skipValue(text)
            try scanner.expectEnd(text)
        } catch {
            throw FieldError(error)
        }
    }
}

extension FieldError {
    /// A value that should be JSON and is not.
    init(_ error: JSONError) {
        let code: RowError.Code =
            switch error.code {
            case .invalidUTF8: .notUTF8
            case .nulCharacter: .nulCharacter
            case .tooDeep, .tooLarge: .limitExceeded
            default: .invalidValue
            }
        self.init(code, "is not acceptable JSON at byte \(error.offset): \(error.detail)")
    }
}
