internal import Catalog
internal import JSON

/// Why a record is refused: it is no JSON object, or one of its values is wrong.
enum JSONRecordError: Error {
    case json(JSONError)
    /// `linesBefore` are the line breaks of the record before the value.
    case field(FieldError, column: String?, linesBefore: Int)

    /// The same as said of a record that begins on `line`.
    func rowError(line: Int, record: Int) -> RowError {
        switch self {
        case .json(let error):
            var rowError = RowError(error, record: record)
            rowError.line += line - 1
            return rowError
        case .field(let error, let column, let linesBefore):
            return RowError(error.code, line: line + linesBefore, record: record, column: column, error.message)
        }
    }
}

/// Reads one object and writes its row; kept from record to record to reuse what it has learned and allocated.
struct JSONRecord {
    private let columns: [TargetColumn]
    private let naming: ColumnNaming
    private let positions: [String: Int]
    private(set) var checks: RowChecks
    private let encoder: FieldEncoder
    private let limits: DecodingLimits
    /// By column, the value of the current record and where it begins.
    private var slots: [JSONSlot]
    private var offsets: [Int]
    /// By place in the record, the key that stood there last time, and its column: mostly it does so again.
    private var guesses: [(key: [UInt8], column: Int?)] = []

    init(columns: [TargetColumn], names: ColumnNaming, checks: RowChecks, limits: DecodingLimits) {
        self.columns = columns
        self.limits = limits
        self.checks = checks
        naming = names
        positions = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1.name, $0) })
        encoder = FieldEncoder(maxJSONDepth: limits.maxJSONDepth)
        slots = Array(repeating: .absent, count: columns.count)
        offsets = Array(repeating: 0, count: columns.count)
    }

    /// Counts on from what the records before have come to.
    mutating func goOn(at counts: RecordCounts) { checks.goOn(at: counts) }

    /// Appends the row of the object that makes up `bytes`, or nothing.
    ///
    /// - Parameters:
    ///   - line: On which the object begins.
    ///   - number: Of the record, from 1.
    mutating func encode(
        _ bytes: Span<UInt8>, line: Int, number: Int, into output: inout [UInt8]
    ) throws(RowErrors) -> RecordOutcome {
        let begin = output.count
        do throws(JSONRecordError) { try append(bytes, to: &output) } catch {
            output.removeLast(output.count - begin)
            checks.abandonRow()
            var located = error
            if case .json(let failure) = error { located = .json(failure.located(in: bytes)) }
            return .wrong(located.rowError(line: line, record: number))
        }
        guard checks.areAny else { return .row }
        let failure: CheckFailure?
        do { failure = try checks.endRow() } catch { throw RowErrors(errors: [error.at(line: line, record: number)]) }
        guard let failure else { return .row }
        output.removeLast(output.count - begin)
        return .failed(failure.onLine(line))
    }

    /// Appends the row of the object that makes up `bytes`. When it throws it may have written a part.
    mutating func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) throws(JSONRecordError) {
        try read(bytes)
        for index in columns.indices {
            if index > 0 { output.append(UInt8(ascii: "\t")) }
            do throws(FieldError) {
                switch slots[index] {
                case .absent where !columns[index].isNullable:
                    throw FieldError(.nullNotAllowed, "must be given and not be null")
                case .null where !columns[index].isNullable: throw FieldError(.nullNotAllowed, "must not be null")
                case .absent, .null:
                    CopyText.appendNull(to: &output)
                    if checks.hasChecks(ofColumn: index) { checks.checkNull(column: index) }
                default:
                    try encoder.append(slots[index], in: bytes, as: columns[index].type, to: &output)
                    if checks.hasChecks(ofColumn: index) { check(slots[index], in: bytes, column: index) }
                }
            } catch {
                throw failure(error, column: columns[index].name, bytes, offsets[index])
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    /// Shows a value to its checks: a string's text, of everything else the JSON.
    private mutating func check(_ slot: JSONSlot, in bytes: Span<UInt8>, column: Int) {
        let isJSON = columns[column].type.category == .json
        switch slot {
        case .absent, .null: break
        case .bool(let value):
            let text = Array((value ? "true" : "false").utf8)
            checks.check(text.span, column: column)
        case .number(let range), .array(let range), .object(let range):
            checks.check(bytes.extracting(range), column: column)
        case .string(let string) where isJSON:
            checks.check(
                bytes.extracting(string.range.lowerBound - 1..<string.range.upperBound + 1), column: column)
        case .string(let string) where !string.hasEscapes:
            checks.check(bytes.extracting(string.range), column: column)
        case .string(let string):
            var text: [UInt8] = []
            string.append(from: bytes, to: &text)
            checks.check(text.span, column: column)
        }
    }

    /// Finds the value of each column.
    private mutating func read(_ bytes: Span<UInt8>) throws(JSONRecordError) {
        for index in slots.indices {
            slots[index] = .absent
            offsets[index] = 0
        }
        var scanner = JSONScanner(maxDepth: limits.maxJSONDepth)
        let close = UInt8(ascii: "}")
        guard scanner.peek(bytes) == UInt8(ascii: "{") else {
            try check(&scanner, bytes)
            throw failure(FieldError(.wrongType, "each row must be a JSON object"), column: nil, bytes, 0)
        }
        var hasMember = scanner.open(bytes, until: close)
        var place = 0
        while hasMember {
            guard let column = try readKey(&scanner, bytes, place: place) else {
                do {
                    try scanner.skipValue(bytes, depth: 1)
                    hasMember = try scanner.hasNext(bytes, until: close)
                } catch { throw .json(error) }
                place += 1
                continue
            }
            _ = scanner.peek(bytes)
            offsets[column] = scanner.position
            do {
                slots[column] = try JSONSlot(&scanner, bytes, depth: 1)
                hasMember = try scanner.hasNext(bytes, until: close)
            } catch { throw .json(error) }
            guard scanner.position - offsets[column] <= limits.maxFieldBytes else {
                let error = FieldError(.limitExceeded, "is longer than \(limits.maxFieldBytes) bytes")
                throw failure(error, column: columns[column].name, bytes, offsets[column])
            }
            place += 1
        }
        do { try scanner.expectEnd(bytes) } catch { throw .json(error) }
    }

    /// Throws what is wrong with the whole document, if it is no JSON at all.
    private func check(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) throws(JSONRecordError) {
        do {
            try scanner.skipValue(bytes)
            try scanner.expectEnd(bytes)
        } catch { throw .json(error) }
    }

    /// Consumes the key of the member at `place` and returns its column; `nil` for a member to be passed over.
    private mutating func readKey(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, place: Int
    ) throws(JSONRecordError) -> Int? {
        let key: JSONStringRange
        do { key = try scanner.key(bytes) } catch { throw .json(error) }
        let column: Int?
        if place < guesses.count, bytes.extracting(key.range).equals(guesses[place].key) {
            column = guesses[place].column
        } else {
            let name = key.text(in: bytes)
            column = positions[naming.isExact ? name : ColumnNames.normalised(name) ?? name]
            if column == nil, naming.onNewColumn != .ignore {
                throw failure(unknown(name, place: place), column: nil, bytes, key.range.lowerBound)
            }
            let guess = (key: bytes.extracting(key.range).array, column: column)
            if place < guesses.count {
                guesses[place] = guess
            } else if place < limits.maxFields {
                guesses.append(guess)
            }
        }
        guard let column else { return nil }
        guard case .absent = slots[column] else {
            let error = FieldError(.duplicateColumn, "occurs twice in the object")
            throw failure(error, column: columns[column].name, bytes, key.range.lowerBound)
        }
        return column
    }

    private func unknown(_ name: String, place: Int) -> FieldError {
        let closest = ClosestName.of(name, among: columns.map(\.name))
        let hint = closest.map { "; did you mean \"\($0)\"?" } ?? ""
        return FieldError(.unknownColumn, "key \(place + 1) names no column of the dataset\(hint)")
    }

    private func failure(_ error: FieldError, column: String?, _ bytes: Span<UInt8>, _ offset: Int) -> JSONRecordError {
        var lines = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") { lines += 1 }
        return .field(error, column: column, linesBefore: lines)
    }
}

extension RowError {
    /// A record that is no JSON.
    init(_ error: JSONError, record: Int) {
        let code: Code =
            switch error.code {
            case .invalidUTF8: .notUTF8
            case .nulCharacter: .nulCharacter
            case .tooDeep, .tooLarge: .limitExceeded
            default: .malformedJSON
            }
        let place = error.pointer.isEmpty ? "" : " at \(error.pointer)"
        self.init(code, line: error.line, record: record, "\(error.detail) (column \(error.column)\(place))")
    }
}
