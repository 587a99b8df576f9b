internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /masks/{name}`.
    public func putMask(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try ObjectName.check(name, at: "/name")
        let input = try Refusal.reading(body) { MaskInput(&$0) }
        guard let target = input.target else { throw Refusal(.invalid, "incomplete mask") }
        return try await put(.mask, at: name, precondition, isPolicy: true) { before in
            let untouched = datasets
            var text: String?
            if let before {
                try await requireRule(before, .mask)
                try await touchDatasets(ofMask: before.id)
                text = try await textOfMask(before.id)
            }
            let id = try await writeMask(name, input.body, on: target)
            try await setExceptions(input.exceptions, of: id)
            if try await textOfMask(id) == text {
                // Exceptions are rows of their own: no function of a dataset tells them, over however many the mask lies.
                narrowedDatasets.formUnion(datasets)
                datasets = untouched
                return
            }
            try await touchDatasets(ofMask: id)
            try await noteGaps(ofMask: id, input.body)
        }
    }

    private func writeMask(_ name: String, _ spec: MaskSpec, on target: MaskInput.Target) async throws -> Int64 {
        var tag: Int64?
        var dataset: Int64?
        var column: Int64?
        switch target {
        case .tag(let tagName):
            tag = try await ruleTag(tagName)
            try Self.checkExpression(spec, for: nil)
        case .object(let address):
            let id = try await ruleDataset(address.dataset)
            let rows = try await connection.query(
                """
                SELECT id::bigint, type FROM sluice.dataset_column
                WHERE dataset_id = \(id) AND name = \(address.column)
                """)
            guard let row = rows.first else {
                throw try await namesNoColumn(address.column, of: id, at: "/on")
            }
            let type = try ColumnType(stored: row.decode(at: 1))
            try Self.checkExpression(spec, for: type)
            guard spec.fits(type) else {
                throw Refusal.invalid(
                    .maskDoesNotFit, at: "/mask/kind", "does not fit a column of type \(type)",
                    hint:
                        "nullify and fixed fit every type; docs/masks.md lists the others, and what round, token and the hashes need."
                )
            }
            try await checkFixed(spec, as: type)
            (dataset, column) = (id, try row.decode(at: 0))
        }
        if case .token(let domain) = spec {
            try await connection.execute("SELECT sluice.token_domain_key(\(domain))")
        }
        let rows = try await connection.query(
            """
            INSERT INTO sluice.mask (name, tag_id, dataset_id, column_id, spec)
            VALUES (\(name), \(tag), \(dataset), \(column), \(spec.body.text)::jsonb)
            ON CONFLICT ON CONSTRAINT mask_name_key DO UPDATE
            SET tag_id = excluded.tag_id, dataset_id = excluded.dataset_id, column_id = excluded.column_id,
                spec = excluded.spec, version = mask.version + 1, updated_at = now()
            RETURNING id
            """)
        return try rows[0].decode(at: 0)
    }

    /// Throws unless the text of an `expression` mask is one, for columns of `type` or of any.
    private static func checkExpression(_ spec: MaskSpec, for type: ColumnType?) throws(Refusal) {
        guard case .expression(let text) = spec else { return }
        do throws(FilterError) { _ = try MaskExpression(parsing: text, for: type) } catch {
            throw Refusal.invalid(
                .invalidExpression, at: "/mask/expression", "is no expression of a mask: \(error)",
                hint: "docs/masks.md shows the grammar.")
        }
    }

    /// Throws unless the value of a `fixed` mask casts to `type`, which only Postgres can say.
    private func checkFixed(_ spec: MaskSpec, as type: ColumnType) async throws {
        guard case .fixed(let value) = spec else { return }
        let rows = try await connection.query("SELECT sluice.casts(\(value), \(type.spelling))")
        guard try !rows[0].decode(at: 0, as: Bool.self) else { return }
        throw Refusal.invalid(.maskDoesNotFit, at: "/mask/value", "is no value of the column's type \(type)")
    }

    /// All that functions are made from: where the mask lies, what it does, and whether an exception ends.
    private func textOfMask(_ id: Int64) async throws -> String {
        try await connection.query(
            """
            SELECT ROW(tag_id, dataset_id, column_id, spec, \(raw: DatasetDefinition.endingExceptions("r.id")))::text
            FROM sluice.mask AS r WHERE r.id = \(id)
            """)[0].decode(at: 0)
    }

    private func touchDatasets(ofMask id: Int64) async throws {
        let rows = try await connection.query("SELECT tag_id, dataset_id FROM sluice.mask WHERE id = \(id)")
        if let tag: Int64 = try rows[0].decode(at: 0) { try await touchDatasets(taggedWith: tag) }
        if let dataset: Int64 = try rows[0].decode(at: 1) { datasets.insert(dataset) }
    }

    /// `DELETE /masks/{name}`.
    public func deleteMask(_ name: String, _ precondition: Precondition) async throws {
        try await delete(.mask, at: name, precondition, isPolicy: true) { before in
            try await requireRule(before, .mask)
            try await touchDatasets(ofMask: before.id)
            try await connection.execute("DELETE FROM sluice.rule_exemption WHERE rule_id = \(before.id)")
            try await connection.execute("DELETE FROM sluice.mask WHERE id = \(before.id)")
        }
    }
}
