internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /groups/{name}`: `members` that are absent are left as they are.
    public func putGroup(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try requirePlatform()
        try ObjectName.check(name, at: "/name")
        let (description, members) = try Refusal.reading(body) {
            ($0.text("description"), $0.optional("members", as: [String].self))
        }
        return try await put(.group, at: name, precondition, isPolicy: true) { before in
            let rows = try await connection.query(
                """
                INSERT INTO sluice.principal_group (name, description) VALUES (\(name), \(description))
                ON CONFLICT ON CONSTRAINT principal_group_name_key DO UPDATE
                SET description = excluded.description, version = principal_group.version + 1, updated_at = now()
                RETURNING id
                """)
            if let members { try await setMembers(members, of: rows[0].decode(at: 0)) }
        }
    }

    private func setMembers(_ names: [String], of group: Int64) async throws {
        var ids: [Int64] = []
        for (index, name) in names.enumerated() {
            ids.append(try await principalID(named: name, at: "/members/\(index)"))
        }
        let changed = try await connection.query(
            """
            WITH removed AS (
                DELETE FROM sluice.membership WHERE group_id = \(group) AND principal_id <> ALL (\(ids))
                RETURNING principal_id
            ), added AS (
                INSERT INTO sluice.membership (group_id, principal_id)
                SELECT \(group), p FROM unnest(\(ids)) AS p
                ON CONFLICT DO NOTHING
                RETURNING principal_id
            )
            UPDATE sluice.principal SET version = version + 1, updated_at = now()
            WHERE id IN (SELECT principal_id FROM removed UNION ALL SELECT principal_id FROM added)
            RETURNING id
            """)
        try principals.formUnion(changed.map { try $0.decode(at: 0) })
    }

    /// `DELETE /groups/{name}`: with the grants to it.
    public func deleteGroup(_ name: String, _ precondition: Precondition) async throws {
        try requirePlatform()
        if name == Bootstrap.administrators { throw Refusal(.conflict, "the group \(name) cannot be deleted") }
        try await delete(.group, at: name, precondition, isPolicy: true) { before in
            try await refuseIfUsed("group \(name)", by: Self.rulesNaming(before.id))
            let members = try await connection.query(
                "SELECT principal_id FROM sluice.membership WHERE group_id = \(before.id)")
            try principals.formUnion(members.map { try $0.decode(at: 0) })
            try await connection.execute(
                "UPDATE sluice.principal SET version = version + 1 WHERE id = ANY (\(Array(principals)))")
            try await dropSubject(before.id)
            try await connection.execute("DELETE FROM sluice.principal_group WHERE id = \(before.id)")
        }
    }
}
