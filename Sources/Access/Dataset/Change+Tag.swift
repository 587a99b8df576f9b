public import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /tags/{tag}`.
    public func putTag(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try requirePlatform()
        try TagName.check(name, at: "/name")
        let description = try Refusal.reading(body) { $0.text("description") }
        return try await put(.tag, at: name, precondition) { _ in
            try await connection.execute(
                """
                INSERT INTO sluice.tag (name, description) VALUES (\(name), \(description))
                ON CONFLICT ON CONSTRAINT tag_name_key
                DO UPDATE SET description = excluded.description, version = tag.version + 1, updated_at = now()
                """)
        }
    }

    /// `DELETE /tags/{tag}`: one that no column bears and no rule names.
    public func deleteTag(_ name: String, _ precondition: Precondition) async throws {
        try requirePlatform()
        try await delete(.tag, at: name, precondition) { before in
            try await refuseIfUsed(
                "tag \(name)",
                by: """
                    SELECT 'column ' || sluice.dataset_address(ct.dataset_id) || '.' || c.name
                    FROM sluice.column_tag AS ct JOIN sluice.dataset_column AS c
                        ON c.dataset_id = ct.dataset_id AND c.id = ct.column_id
                    WHERE ct.tag_id = \(before.id)
                    UNION ALL SELECT 'mask ' || name FROM sluice.mask WHERE tag_id = \(before.id)
                    UNION ALL SELECT 'row filter ' || name FROM sluice.row_filter WHERE tag_id = \(before.id)
                    """)
            try await connection.execute("DELETE FROM sluice.tag WHERE id = \(before.id)")
        }
    }

    /// `PUT /datasets/{…}/columns/{column}/tags`.
    public func putColumnTags(
        _ address: ColumnAddress, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        let dataset = try await visibleDataset(at: address.dataset)
        try caller.authority.require(
            .manage, on: dataset.domainID, dataset.id, called: "dataset \(address.dataset)")
        guard let names = body.arrayValue?.map(\.stringValue), !names.contains(nil) else {
            throw Refusal.invalid(at: "", "must be an array of tag names")
        }
        let rows = try await connection.query(
            """
            SELECT id::bigint FROM sluice.dataset_column WHERE dataset_id = \(dataset.id) AND name = \(address.column)
            """)
        guard let row = rows.first else { throw Refusal.notFound("column \(address)") }
        let column: Int64 = try row.decode(at: 0)
        return try await put(.columnTags, at: "\(address)", precondition, isPolicy: true) { _ in
            try await setTags(names.compactMap { $0 }, of: dataset.id, column: column, at: "")
            try await connection.execute(
                """
                UPDATE sluice.dataset_column SET tags_version = tags_version + 1
                WHERE dataset_id = \(dataset.id) AND id = \(column)
                """)
            try await connection.execute("UPDATE sluice.dataset SET version = version + 1 WHERE id = \(dataset.id)")
        }
    }

    /// Gives a column exactly the tags `names`; `pointer` is where the body lists them.
    func setTags(_ names: [String], of dataset: Int64, column: Int64, at pointer: String) async throws {
        var ids: [Int64] = []
        for (index, name) in names.enumerated() {
            ids.append(try await tagID(named: name, at: "\(pointer)/\(index)"))
        }
        try await connection.execute(
            """
            DELETE FROM sluice.column_tag
            WHERE dataset_id = \(dataset) AND column_id = \(column) AND tag_id <> ALL (\(ids))
            """)
        try await connection.execute(
            """
            INSERT INTO sluice.column_tag (dataset_id, column_id, tag_id)
            SELECT \(dataset), \(column), t FROM unnest(\(ids)) AS t
            ON CONFLICT DO NOTHING
            """)
        datasets.insert(dataset)
    }
}
