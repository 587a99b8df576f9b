internal import Catalog
internal import JSON

/// The columns of NDJSON: the keys of its objects.
struct JSONInspection: RecordInspection {
    private struct Column {
        var kinds: ValueKinds = []
        /// The least number of keys that stood before it.
        var place: Int
    }

    private let limits = DecodingLimits.ingest
    private var prologue = TextPrologue()
    private var found: [String: Column] = [:]
    /// By place, the key that stood there last time, and its column's name.
    private var guesses: [(key: [UInt8], name: String)] = []
    private var isJumping = false
    private var line = 1

    /// By place and then by name: what order the records are in does not matter.
    var columns: [TargetColumn] {
        found.sorted { ($0.value.place, $0.key) < ($1.value.place, $1.key) }
            .map { TargetColumn(name: $0.key, type: $0.value.kinds.jsonColumnType) }
    }

    mutating func jump() { isJumping = true }

    mutating func take(_ window: Span<UInt8>, _ start: inout Int, isAtEnd: Bool) throws(RowErrors) -> Bool {
        do throws(RowError) {
            if !prologue.isPast {
                try prologue.skip(window, &start, isAtEnd: isAtEnd)
                guard prologue.isPast else { return false }
            }
            let end = window.firstIndex(of: UInt8(ascii: "\n"), from: start).map { $0 + 1 }
            guard window.count - start <= limits.maxRecordBytes || end != nil else {
                throw RowError(
                    .limitExceeded, line: line, record: nil, "a record is longer than \(limits.maxRecordBytes) bytes")
            }
            guard let end = end ?? (isAtEnd && start < window.count ? window.count : nil) else { return false }
            let record = window.extracting(start..<end)
            start = end
            line += 1
            if isJumping {
                isJumping = false
                return true
            }
            try look(at: record)
        } catch { throw RowErrors(errors: [error]) }
        return true
    }

    /// What is no object of JSON is passed over: it is no row.
    private mutating func look(at record: Span<UInt8>) throws(RowError) {
        var scanner = JSONScanner(maxDepth: limits.maxJSONDepth)
        guard scanner.peek(record) == UInt8(ascii: "{") else { return }
        do throws(JSONError) {
            var check = scanner
            try check.skipValue(record)
            try check.expectEnd(record)
            var place = 0
            var hasMember = scanner.open(record, until: UInt8(ascii: "}"))
            while hasMember {
                let name = name(of: try scanner.key(record), in: record, place: place)
                _ = scanner.peek(record)
                let kind = kind(of: try JSONSlot(&scanner, record, depth: 1), in: record)
                found[name, default: Column(place: place)].kinds.formUnion(kind)
                if let known = found[name]?.place, place < known { found[name]?.place = place }
                hasMember = try scanner.hasNext(record, until: UInt8(ascii: "}"))
                place += 1
            }
        } catch { return }
        guard found.count <= limits.maxFields else {
            throw RowError(
                .limitExceeded, line: line - 1, record: nil, "the objects have more than \(limits.maxFields) keys")
        }
    }

    private mutating func name(of key: JSONStringRange, in record: Span<UInt8>, place: Int) -> String {
        if place < guesses.count, record.extracting(key.range).equals(guesses[place].key) { return guesses[place].name }
        let text = key.text(in: record)
        let name = ColumnNames.normalised(text) ?? ColumnNaming.name(ofField: place + 1)
        let guess = (key: record.extracting(key.range).array, name: name)
        if place < guesses.count { guesses[place] = guess } else { guesses.append(guess) }
        return name
    }

    private func kind(of slot: JSONSlot, in record: Span<UInt8>) -> ValueKinds {
        switch slot {
        case .absent, .null: []
        case .bool: .boolean
        case .number(let range): ValueKinds.kind(of: record.extracting(range))
        case .array, .object: .structure
        case .string(let string): string.hasEscapes ? .text : ValueKinds.time(record.extracting(string.range))
        }
    }
}
