internal import Catalog

/// The checks of a step over its rows, and what they have found.
///
/// A row is shown value by value; `endRow` then says what becomes of it. Of several checks that it fails the strictest
/// outcome counts (fail, quarantine, drop, warn), and of equals the one declared first.
struct RowChecks {
    private struct Entry {
        var name: String
        /// Index of the column to blame; of a check over several, the first.
        var column: Int
        var columnName: String?
        var onFailure: CheckSpec.OnFailure
        var message: String
    }

    /// What a check looks for in one column, beside its `ValueRule`.
    private struct Look {
        var entry: Int
        var isNotNull: Bool
        /// Index in `uniques`.
        var unique: Int?
    }

    /// Whether there is any check.
    private(set) var areAny = false
    /// Rows accepted although a check warns of them.
    private var warned = 0
    private var entries: [Entry] = []
    /// In the order of the columns, what looks at their values; and by column, which of it.
    private var looks: [Look] = []
    private var rules: [ValueRule?] = []
    private var byColumn: [Range<Int>] = []
    private var uniques: [UniqueCheck] = []
    /// Those that the current row failed.
    private var failed: [Int] = []
    private var failureCounts: [Int] = []

    init() {}

    /// - Throws: `invalid_check` for a check on an unknown column, or with a pattern or values that do not fit it.
    init(_ checks: [CheckSpec], columns: [TargetColumn], limits: DecodingLimits) throws(SourceFailure) {
        areAny = !checks.isEmpty
        var ofColumns = [[(Look, ValueRule?)]](repeating: [], count: columns.count)
        failureCounts = Array(repeating: 0, count: checks.count)
        for (index, check) in checks.enumerated() {
            var positions: [Int] = []
            for name in check.columns {
                guard let position = columns.firstIndex(where: { $0.name == name }) else {
                    throw SourceFailure(.invalidCheck, "check \(check.name) is on column \(name), which does not exist")
                }
                positions.append(position)
            }
            let rule = try CheckRule(check, columns: positions.map { columns[$0] })
            let look = Look(entry: index, isNotNull: rule.isNotNull, unique: rule.isUnique ? uniques.count : nil)
            for position in positions { ofColumns[position].append((look, rule.values)) }
            entries.append(
                Entry(
                    name: check.name, column: positions.first ?? 0,
                    columnName: positions.count == 1 ? check.columns[0] : nil, onFailure: check.onFailure,
                    message: rule.message))
            if rule.isUnique {
                uniques.append(
                    UniqueCheck(
                        entry: index, columns: positions, types: positions.map { columns[$0].type },
                        maxBytes: limits.maxUniqueBytes))
            }
        }
        for ofColumn in ofColumns {
            byColumn.append(looks.count..<looks.count + ofColumn.count)
            looks += ofColumn.map(\.0)
            rules += ofColumn.map(\.1)
        }
    }

    /// Puts what has been found where it is counted.
    func report(to counts: inout RecordCounts) {
        guard areAny else { return }
        counts.warned = warned
        for (entry, count) in zip(entries, failureCounts) where count > 0 { counts.failedChecks[entry.name] = count }
    }

    /// Whether what becomes of a row depends on that row alone: not where values are to be unique.
    var areIndependent: Bool { uniques.isEmpty }

    /// Counts on from what the records before have come to.
    mutating func goOn(at counts: RecordCounts) {
        warned = counts.warned
        for (index, entry) in entries.enumerated() { failureCounts[index] = counts.failedChecks[entry.name] ?? 0 }
    }

    func hasChecks(ofColumn column: Int) -> Bool { areAny && !byColumn[column].isEmpty }

    /// Shows a value that is not NULL and of its column's type.
    mutating func check(_ text: Span<UInt8>, column: Int) {
        for index in byColumn[column] {
            if let unique = looks[index].unique {
                uniques[unique].add(text, column: column)
            } else if let rule = rules[index], !rule.accepts(text) {
                failed.append(looks[index].entry)
            }
        }
    }

    /// Shows a NULL, which passes everything but `notNull`.
    mutating func checkNull(column: Int) {
        for index in byColumn[column] {
            if looks[index].isNotNull { failed.append(looks[index].entry) }
            if let unique = looks[index].unique { uniques[unique].addNull() }
        }
    }

    /// Forgets the values shown: they turned out to make no row.
    mutating func abandonRow() {
        failed.removeAll(keepingCapacity: true)
        for index in uniques.indices { uniques[index].forgetRow() }
    }

    /// Why the row is not accepted; `nil` when it is.
    ///
    /// - Throws: When there are more different values than a `unique` check can remember.
    mutating func endRow() throws(RowError) -> CheckFailure? {
        guard areAny else { return nil }
        defer { abandonRow() }
        if !uniques.isEmpty { try judgeUniqueness() }
        guard !failed.isEmpty else { return nil }
        var worst = failed[0]
        for index in failed {
            failureCounts[index] += 1
            let (this, other) = (entries[index].onFailure.severity, entries[worst].onFailure.severity)
            if this > other || this == other && index < worst { worst = index }
        }
        let entry = entries[worst]
        guard entry.onFailure != .warn else {
            warned += 1
            return nil
        }
        return CheckFailure(
            check: entry.name, column: entry.columnName, columnIndex: entry.column, onFailure: entry.onFailure,
            message: entry.message)
    }

    /// Values count as seen only once a row with them has been accepted.
    private mutating func judgeUniqueness() throws(RowError) {
        func isAccepted(_ failed: [Int]) -> Bool { failed.allSatisfy { entries[$0].onFailure == .warn } }
        guard isAccepted(failed) else { return }
        for unique in uniques.indices where uniques[unique].isRepeated() { failed.append(uniques[unique].entry) }
        guard isAccepted(failed) else { return }
        for unique in uniques.indices {
            guard uniques[unique].remember() else {
                throw RowError(
                    .limitExceeded, line: 0, record: nil, column: entries[uniques[unique].entry].columnName,
                    "check \(entries[uniques[unique].entry].name) has more different values than it can remember; "
                        + "load with mode upsert and these columns as the key instead")
            }
        }
    }
}

/// A check that a row failed, and what becomes of the row.
struct CheckFailure {
    var check: String
    /// `nil` when the check is over several columns.
    var column: String?
    var columnIndex: Int
    var onFailure: CheckSpec.OnFailure
    /// Continues a sentence that begins with the column.
    var message: String
    /// The line of the value.
    var line = 0

    func onLine(_ line: Int) -> CheckFailure {
        var copy = self
        copy.line = line
        return copy
    }
}

extension CheckSpec.OnFailure {
    fileprivate var severity: Int {
        switch self {
        case .warn: 0
        case .drop: 1
        case .quarantine: 2
        case .fail: 3
        }
    }
}
