internal import JSON

/// Why a record is refused: it is no JSON object, or one of its values is wrong.
enum JSONRecordError: Error {
    case json(JSONError)
    /// `linesBefore` are the line breaks of the record before the value.
    case field(FieldError, column: String?, linesBefore: Int)
}

/// Reads one object and writes its row; kept from record to record to reuse what it has learned and allocated.
struct JSONRecord: Sendable {
    private let columns: [TargetColumn]
    private let names: [[UInt8]]
    private let positions: [[UInt8]: Int]
    private let encoder: FieldEncoder
    private let limits: DecodingLimits
    /// By column, the value of the current record and where it begins.
    private var slots: [JSONSlot]
    private var offsets: [Int]
    /// By place in the record, the column that the key there named last time: mostly it does so again.
    private var guesses: [Int] = []

    init(columns: [TargetColumn], limits: DecodingLimits) {
        self.columns = columns
        self.limits = limits
        names = columns.map { Array($0.name.utf8) }
        positions = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        encoder = FieldEncoder(maxJSONDepth: limits.maxJSONDepth)
        slots = Array(repeating: .absent, count: columns.count)
        offsets = Array(repeating: 0, count: columns.count)
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
                case .absent, .null: CopyText.appendNull(to: &output)
                default: try encoder.append(slots[index], in: bytes, as: columns[index].type, to: &output)
                }
            } catch {
                throw failure(error, column: columns[index].name, bytes, offsets[index])
            }
        }
        output.append(UInt8(ascii: "\n"))
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
            let column = try readKey(&scanner, bytes, place: place)
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

    /// Consumes the key of the member at `place` and returns its column.
    private mutating func readKey(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, place: Int
    ) throws(JSONRecordError) -> Int {
        let key: JSONStringRange
        do { key = try scanner.key(bytes) } catch { throw .json(error) }
        let column: Int
        if place < guesses.count, !key.hasEscapes, Self.equal(bytes.extracting(key.range), names[guesses[place]]) {
            column = guesses[place]
        } else {
            var name: [UInt8] = []
            key.append(from: bytes, to: &name)
            guard let position = positions[name] else {
                throw failure(unknown(name, place: place), column: nil, bytes, key.range.lowerBound)
            }
            column = position
            if place < guesses.count { guesses[place] = column } else { guesses.append(column) }
        }
        guard case .absent = slots[column] else {
            let error = FieldError(.duplicateColumn, "occurs twice in the object")
            throw failure(error, column: columns[column].name, bytes, key.range.lowerBound)
        }
        return column
    }

    private static func equal(_ text: Span<UInt8>, _ name: [UInt8]) -> Bool {
        guard text.count == name.count else { return false }
        for index in name.indices where text[index] != name[index] { return false }
        return true
    }

    private func unknown(_ name: [UInt8], place: Int) -> FieldError {
        let closest = ClosestName.of(String(decoding: name, as: UTF8.self), among: columns.map(\.name))
        let hint = closest.map { "; did you mean \"\($0)\"?" } ?? ""
        return FieldError(.unknownColumn, "key \(place + 1) names no column of the dataset\(hint)")
    }

    private func failure(_ error: FieldError, column: String?, _ bytes: Span<UInt8>, _ offset: Int) -> JSONRecordError {
        var lines = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") { lines += 1 }
        return .field(error, column: column, linesBefore: lines)
    }
}
