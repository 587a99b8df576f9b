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
                rule.tag.map { Self.covers($0, column.tags) } ?? false && !isMeaningful(rule, on: column)
            }.map { RuleGap(rule: $0.id, columnID: column.id) }
        }
        let closed = filtersInForce.filter { (try? parse(filter: $0.body)) == nil }
        return masked + closed.map { RuleGap(rule: $0.id, columnID: nil) }
    }
}

extension Enforcer {
    /// Keeps the gaps of a dataset for the documents of the rules.
    func noteGaps(_ definition: DatasetDefinition) async throws {
        let gaps = definition.gaps
        try await connection.execute("DELETE FROM sluice.rule_gap WHERE dataset_id = \(definition.id)")
        guard !gaps.isEmpty else { return }
        try await connection.execute(
            """
            INSERT INTO sluice.rule_gap (rule_id, dataset_id, column_id)
            SELECT rule, \(definition.id), nullif(col, 0)
            FROM unnest(\(gaps.map(\.rule)), \(gaps.map { Int64($0.columnID ?? 0) })) AS g (rule, col)
            """)
    }
}

extension Change {
    /// Notes the gaps of all datasets touched so far, so that the document of the rule at hand lists them already.
    func noteGaps() async throws {
        let enforcer = Enforcer(connection: connection)
        for id in datasets.sorted() {
            try await enforcer.noteGaps(try await DatasetDefinition.read(id, on: connection))
        }
    }
}
