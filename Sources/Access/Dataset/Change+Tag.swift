internal import Catalog
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
                    UNION ALL SELECT sluice.scope_address(scope_id) FROM sluice.scope_tag WHERE tag_id = \(before.id)
                    UNION ALL SELECT 'mask ' || name FROM sluice.mask WHERE tag_id = \(before.id)
                    UNION ALL SELECT 'row filter ' || name FROM sluice.row_filter WHERE tag_id = \(before.id)
                    UNION ALL SELECT 'deny rule ' || name FROM sluice.deny_rule WHERE tag_id = \(before.id)
                    """)
            try await connection.execute("DELETE FROM sluice.tag WHERE id = \(before.id)")
        }
    }
}
