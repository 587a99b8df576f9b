import Catalog
import Postgres

/// Where a tag's rule cannot do what it says: its mask does not fit a tagged column and acts as `nullify` there, or its
/// row filter does not fit a tagged dataset, which it then closes. Never silent: the rule's document lists them.
struct RuleGap: Sendable, Hashable {
    var rule: Int64
    /// `nil`: the whole dataset is closed.
    var columnID: Int?
}

extension DatasetDefinition {
    var gaps: [RuleGap] {
        let masked = columns.flatMap { column in
            masks.filter { rule in
                (rule.tag.map(column.tags.areCovered) ?? false) && !isMeaningful(rule, on: column)
            }.map { RuleGap(rule: $0.id, columnID: column.id) }
        }
        let closed = filtersInForce.filter { (try? parse(filter: $0.body)) == nil }
        return masked + closed.map { RuleGap(rule: $0.id, columnID: nil) }
    }
}

extension Enforcer {
    /// Keeps the gaps of a dataset for the documents of the rules.
    func noteGaps(_ definition: DatasetDefinition) async throws {
        try await connection.execute("DELETE FROM sluice.rule_gap WHERE dataset_id = \(definition.id)")
        try await connection.insert(definition.gaps.map { ($0.rule, definition.id, $0.columnID) })
    }
}

extension Change {
    /// Notes the gaps of a mask right away, so that its document lists them before anything is compiled.
    func noteGaps(ofMask id: Int64, _ spec: MaskSpec) async throws {
        let rows = try await connection.query(
            """
            SELECT DISTINCT c.dataset_id, c.id::bigint, c.type,
                m.spec ->> 'kind' = 'fixed' AND NOT sluice.casts(m.spec ->> 'value', c.type)
            FROM sluice.mask AS m
            JOIN sluice.tag AS over ON over.id = m.tag_id
            JOIN sluice.tag AS t ON t.name = over.name OR starts_with(t.name, over.name || '.')
            JOIN sluice.borne_tag AS b ON b.tag_id = t.id
            JOIN sluice.dataset_column AS c ON c.dataset_id = b.dataset_id AND c.id = b.column_id
            WHERE m.id = \(id)
            """)
        try await replaceGaps(
            of: id,
            rows.compactMap { row in
                let type = try ColumnType(stored: row.decode(at: 2))
                guard try !spec.fits(type) || row.decode(at: 3, as: Bool.self) else { return nil }
                return (id, try row.decode(at: 0), try Int(row.decode(at: 1, as: Int64.self)))
            })
    }

    /// Notes the datasets that a row filter on a tag closes.
    func noteGaps(ofFilter id: Int64, _ expression: String) async throws {
        let rows = try await connection.query(
            """
            SELECT c.dataset_id, c.name, c.type
            FROM sluice.dataset_column AS c
            WHERE c.dataset_id IN (
                SELECT b.dataset_id
                FROM sluice.row_filter AS f
                JOIN sluice.tag AS over ON over.id = f.tag_id
                JOIN sluice.tag AS t ON t.name = over.name OR starts_with(t.name, over.name || '.')
                JOIN sluice.borne_tag AS b ON b.tag_id = t.id
                WHERE f.id = \(id))
            """)
        var columns: [Int64: [FilterColumn]] = [:]
        for row in rows {
            let column = FilterColumn(name: try row.decode(at: 1), type: FilterType(spelling: try row.decode(at: 2)))
            columns[try row.decode(at: 0), default: []].append(column)
        }
        let closed = columns.filter { (try? FilterExpression(parsing: expression, columns: $0.value)) == nil }
        try await replaceGaps(of: id, closed.keys.sorted().map { (id, $0, nil) })
    }

    private func replaceGaps(of rule: Int64, _ gaps: [(rule: Int64, dataset: Int64, columnID: Int?)]) async throws {
        try await connection.execute("DELETE FROM sluice.rule_gap WHERE rule_id = \(rule)")
        try await connection.insert(gaps)
    }
}

extension Connection {
    fileprivate nonisolated func insert(_ gaps: [(rule: Int64, dataset: Int64, columnID: Int?)]) async throws {
        guard !gaps.isEmpty else { return }
        try await execute(
            """
            INSERT INTO sluice.rule_gap (rule_id, dataset_id, column_id)
            SELECT rule, dataset, nullif(col, 0)
            FROM unnest(\(gaps.map(\.rule)), \(gaps.map(\.dataset)), \(gaps.map { Int64($0.columnID ?? 0) }))
                AS g (rule, dataset, col)
            """)
    }
}
