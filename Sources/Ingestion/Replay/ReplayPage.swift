/// What became of a page of records.
struct ReplayPage {
    /// A record that stays in quarantine.
    struct Kept {
        var id: Int64
        var rule: String
        var column: String?
        var error: String
    }

    /// A row in `bytes`, and the record that it was.
    struct PageRow {
        var range: Range<Int>
        var id: Int64
        var place: String
        var line: Int
    }

    /// Rows as COPY text, each behind its record's id.
    var bytes: [UInt8] = []
    private(set) var rows: [PageRow] = []
    private(set) var kept: [Kept] = []
    private(set) var dropped: [Int64] = []

    /// Writes a record's id, and returns where: its row follows.
    mutating func begin(_ record: KeptRecord) -> Int {
        defer { bytes += "\(record.id)\t".utf8 }
        return bytes.count
    }

    mutating func end(_ record: KeptRecord, _ begin: Int, _ outcome: ReplayOutcome) {
        switch outcome {
        case .row:
            rows.append(PageRow(range: begin..<bytes.count, id: record.id, place: record.place, line: record.line))
            return
        case .kept(let rule, let column, let error):
            keep(Kept(id: record.id, rule: rule, column: column, error: error))
        case .dropped: dropped.append(record.id)
        }
        bytes.removeLast(bytes.count - begin)
    }

    mutating func keep(_ record: Kept) { kept.append(record) }
}
