internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /row-filters/{name}`.
    public func putRowFilter(
        _ name: String, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        try ObjectName.check(name, at: "/name")
        let input = try Refusal.reading(body) { RowFilterInput(&$0) }
        guard let target = input.target else { throw Refusal(.invalid, "incomplete row filter") }
        return try await put(.rowFilter, at: name, precondition, isPolicy: true) { before in
            let untouched = datasets
            var text: String?
            if let before {
                try await requireRule(before, .rowFilter)
                try await touchDatasets(ofFilter: before.id)
                text = try await textOfFilter(before.id)
            }
            var tag: Int64?
            var dataset: Int64?
            switch target {
            case .tag(let tagName):
                tag = try await ruleTag(tagName)
                do throws(FilterError) { try FilterExpression.checkForm(of: input.body) } catch {
                    throw Self.refusal(error)
                }
            case .object(let address):
                let id = try await ruleDataset(address)
                let columns = try await DatasetDefinition.readColumns(of: id, on: connection).map(\.inFilters)
                do throws(FilterError) { _ = try FilterExpression(parsing: input.body, columns: columns) } catch {
                    throw Self.refusal(error)
                }
                dataset = id
            }
            let rows = try await connection.query(
                """
                INSERT INTO sluice.row_filter (name, tag_id, dataset_id, expression)
                VALUES (\(name), \(tag), \(dataset), \(input.body))
                ON CONFLICT ON CONSTRAINT row_filter_name_key DO UPDATE
                SET tag_id = excluded.tag_id, dataset_id = excluded.dataset_id, expression = excluded.expression,
                    version = row_filter.version + 1, updated_at = now()
                RETURNING id
                """)
            let id: Int64 = try rows[0].decode(at: 0)
            try await setExceptions(input.exceptions, of: id)
            if try await textOfFilter(id) == text {
                // Exceptions are rows of their own: no function of a dataset tells them.
                narrowedDatasets.formUnion(datasets)
                datasets = untouched
                return
            }
            try await touchDatasets(ofFilter: id)
            try await noteGaps(ofFilter: id, input.body)
        }
    }

    /// All that functions are made from: where the filter lies, what it says, and whether an
    /// exception ends.
    private func textOfFilter(_ id: Int64) async throws -> String {
        try await connection.query(
            """
            SELECT ROW(tag_id, dataset_id, expression, \(raw: DatasetDefinition.endingExceptions("r.id")))::text
            FROM sluice.row_filter AS r WHERE r.id = \(id)
            """)[0].decode(at: 0)
    }

    private static func refusal(_ error: FilterError) -> Refusal {
        Refusal.invalid(
            .invalidExpression, at: "/expression", "is no row filter: \(error)",
            hint: "docs/row-filters.md shows the grammar.")
    }

    private func touchDatasets(ofFilter id: Int64) async throws {
        let rows = try await connection.query("SELECT tag_id, dataset_id FROM sluice.row_filter WHERE id = \(id)")
        if let tag: Int64 = try rows[0].decode(at: 0) { try await touchDatasets(taggedWith: tag) }
        if let dataset: Int64 = try rows[0].decode(at: 1) { datasets.insert(dataset) }
    }

    /// `DELETE /row-filters/{name}`.
    public func deleteRowFilter(_ name: String, _ precondition: Precondition) async throws {
        try await delete(.rowFilter, at: name, precondition, isPolicy: true) { before in
            try await requireRule(before, .rowFilter)
            try await touchDatasets(ofFilter: before.id)
            try await connection.execute("DELETE FROM sluice.rule_exemption WHERE rule_id = \(before.id)")
            try await connection.execute("DELETE FROM sluice.row_filter WHERE id = \(before.id)")
        }
    }
}
