internal import Glibc

/// Writes CSV from lines of Postgres's own CSV (`COPY … TO STDOUT (FORMAT csv)`): the bytes that ``CSVFormat`` would write.
///
/// Both quote alike and tell NULL from empty text alike, so a line is passed on but for the fields of types that the
/// contract words differently: booleans, timestamps, `bytea`, arrays and JSON documents.
struct CopiedCSV: Sendable {
    /// A field to write anew.
    private struct Step {
        /// Fields passed over since the one before.
        var skipping: Int
        var type: WireType
    }

    private var format = CSVFormat()
    private var steps: [Step] = []
    private let limit: Int?
    private var rowCount = 0
    private var isTruncated = false
    /// A quoted field's text; kept to reuse its memory.
    private var unquoted: [UInt8] = []

    /// - Parameter limit: The most rows to write, or `nil`.
    init(limit: Int?) { self.limit = limit }

    var summary: ResultSummary { ResultSummary(rowCount: rowCount, isTruncated: isTruncated) }

    mutating func begin(_ columns: [FormatColumn], into output: inout [UInt8]) {
        format.begin(columns, into: &output)
        var skipping = 0
        for column in columns {
            if column.type.isPlainInCSV {
                skipping += 1
            } else {
                steps.append(Step(skipping: skipping, type: column.type))
                skipping = 0
            }
        }
    }

    /// Writes one line, its end included; `false`: there are more rows than asked for, and this one is not written.
    mutating func add(_ line: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        if let limit, rowCount >= limit {
            isTruncated = true
            return false
        }
        rowCount += 1
        var written = 0
        var position = 0
        for index in steps.indices {
            for _ in 0..<steps[index].skipping { position = Self.end(ofFieldAt: position, in: line) + 1 }
            let end = Self.end(ofFieldAt: position, in: line)
            // An empty field is NULL.
            if end > position {
                output.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[written..<position]))
                write(UnsafeRawBufferPointer(rebasing: line[position..<end]), as: steps[index].type, to: &output)
                written = end
            }
            position = end + 1
        }
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[written...]))
        return true
    }

    private mutating func write(_ field: UnsafeRawBufferPointer, as type: WireType, to output: inout [UInt8]) {
        guard field.first == UInt8(ascii: "\"") else { return format.append(field, as: type, to: &output) }
        unquoted.removeAll(keepingCapacity: unquoted.capacity <= 1 << 20)
        var rest = field[1..<max(field.count - 1, 1)]
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            // Two quotes stand for one.
            unquoted.append(contentsOf: rest[...quote])
            rest = rest[min(quote + 2, rest.endIndex)...]
        }
        unquoted.append(contentsOf: rest)
        unquoted.withUnsafeBytes { format.append($0, as: type, to: &output) }
    }

    /// Where the field that begins at `start` ends: at its comma or the line's end. Never beyond the line.
    private static func end(ofFieldAt start: Int, in line: UnsafeRawBufferPointer) -> Int {
        let lineEnd = line.count - 1
        guard start < lineEnd else { return max(lineEnd, 0) }
        guard line[start] == UInt8(ascii: "\"") else { return index(of: UInt8(ascii: ","), from: start, in: line) }
        var quote = index(of: UInt8(ascii: "\""), from: start + 1, in: line)
        while quote + 1 < lineEnd, line[quote + 1] == UInt8(ascii: "\"") {
            quote = index(of: UInt8(ascii: "\""), from: quote + 2, in: line)
        }
        return min(quote + 1, lineEnd)
    }

    /// Where `byte` stands next; the line's end if it does not.
    private static func index(of byte: UInt8, from start: Int, in line: UnsafeRawBufferPointer) -> Int {
        let lineEnd = line.count - 1
        guard start < lineEnd, let base = line.baseAddress else { return lineEnd }
        guard let found = memchr(base + start, Int32(byte), lineEnd - start) else { return lineEnd }
        return UnsafeRawPointer(found) - base
    }
}

extension WireType {
    /// Whether the text of Postgres is the field's.
    fileprivate var isPlainInCSV: Bool {
        switch self {
        case .number, .wideNumber, .text: true
        case .boolean, .bytea, .json, .timestamp, .array: false
        }
    }
}
