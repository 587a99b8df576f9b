import Catalog
import Ingestion

/// Columns from `name type` texts; `!` after the type forbids NULL.
func columns(_ texts: String...) throws -> [TargetColumn] {
    try texts.map { text in
        let parts = text.split(separator: " ", maxSplits: 1)
        let type = parts[1].hasSuffix("!") ? parts[1].dropLast() : parts[1]
        return TargetColumn(
            name: String(parts[0]), type: try ColumnType(parsing: String(type)), isNullable: !parts[1].hasSuffix("!"))
    }
}

/// The COPY data that `bytes` become when they arrive in pieces of `chunkSize`.
func decode(
    _ format: RowDecoder.Format, _ columns: [TargetColumn], _ bytes: [UInt8], chunkSize: Int = .max >> 1,
    limits: DecodingLimits = DecodingLimits()
) throws(RowErrors) -> String {
    var decoder = RowDecoder(format, columns: columns, limits: limits)
    var output: [UInt8] = []
    var start = 0
    while start < bytes.count {
        decoder.push(Array(bytes[start..<min(start + chunkSize, bytes.count)]))
        while try decoder.decode(into: &output) {}
        start += chunkSize
    }
    decoder.finish()
    while try decoder.decode(into: &output) {}
    return String(decoding: output, as: UTF8.self)
}

func decode(
    _ format: RowDecoder.Format, _ columns: [TargetColumn], _ text: String, limits: DecodingLimits = DecodingLimits()
) throws(RowErrors) -> String {
    try decode(format, columns, Array(text.utf8), limits: limits)
}

/// The errors of decoding, as `code@line.record:column`.
func errors(
    _ format: RowDecoder.Format, _ columns: [TargetColumn], _ bytes: [UInt8], limits: DecodingLimits = DecodingLimits()
) -> [String] {
    do {
        _ = try decode(format, columns, bytes, limits: limits)
        return []
    } catch {
        return error.errors.map { error in
            let record = error.record.map { ".\($0)" } ?? ""
            let column = error.column.map { ":\($0)" } ?? ""
            return "\(error.code.rawValue)@\(error.line)\(record)\(column)"
        }
    }
}

func errors(
    _ format: RowDecoder.Format, _ columns: [TargetColumn], _ text: String, limits: DecodingLimits = DecodingLimits()
) -> [String] { errors(format, columns, Array(text.utf8), limits: limits) }

/// Reads COPY text back into rows, as Postgres does.
func rows(fromCopy text: String) -> [[String?]] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
        line.split(separator: "\t", omittingEmptySubsequences: false).map { field in
            if field == "\\N" { return nil }
            var value = ""
            var isEscaped = false
            for character in field.unicodeScalars {
                if character == "\\", !isEscaped {
                    isEscaped = true
                    continue
                }
                let meaning: [Unicode.Scalar: Unicode.Scalar] = isEscaped ? ["t": "\t", "n": "\n", "r": "\r"] : [:]
                value.unicodeScalars.append(meaning[character] ?? character)
                isEscaped = false
            }
            return value
        }
    }
}
