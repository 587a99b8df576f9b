internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /domains/{domain}`: with a new one comes its schema and its reader role. Tags that are absent are left as they
    /// are.
    public func putDomain(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try ObjectName.check(name, at: "/name")
        let (title, description, owner, tags) = try Refusal.reading(body) {
            (
                $0.text("title", limit: 1000), $0.text("description"), $0.optional("owner", as: String.self),
                $0.optional("tags", as: [String].self)
            )
        }
        let existing = try await id(of: name, in: "domain")
        if let existing {
            try caller.authority.require(.manage, on: existing, called: "domain \(name)")
        } else {
            try requirePlatform()
        }
        var ownerID: Int64?
        if let owner { ownerID = try await principalID(named: owner, at: "/owner") }
        return try await put(.domain, at: name, precondition) { before in
            let id: Int64
            if let before { id = before.id } else { id = try await makeDomain(name) }
            try await connection.execute(
                """
                UPDATE sluice.domain SET title = \(title), description = \(description), owner_id = \(ownerID),
                    version = version + \(Int64(before == nil ? 0 : 1)), updated_at = now()
                WHERE id = \(id)
                """)
            try await setOwner(ownerID, of: id)
            if let tags { try await setTags(tags, ofDomain: id, at: "/tags") }
        }
    }

    private func makeDomain(_ name: String) async throws -> Int64 {
        let rows = try await connection.query(
            """
            WITH made AS (SELECT nextval('sluice.object_id') AS id)
            INSERT INTO sluice.domain (id, name, reader_role)
            SELECT made.id, \(name), i.name || '_reader_' || made.id
            FROM made, sluice.installation AS i
            RETURNING id, reader_role::text
            """)
        let role: String = try rows[0].decode(at: 1)
        try await connection.execute("CREATE ROLE \(identifier: role) NOLOGIN IN ROLE sluice_reader")
        try await connection.execute("CREATE SCHEMA \(identifier: name) AUTHORIZATION sluice_view")
        try await connection.execute("GRANT USAGE ON SCHEMA \(identifier: name) TO sluice_owner, \(identifier: role)")
        let id: Int64 = try rows[0].decode(at: 0)
        // Who may read the whole platform may read the new domain too.
        try await touchReaders(of: Authority.platform)
        return id
    }

    /// Who owns a domain or a dataset manages it.
    func setOwner(_ owner: Int64?, of scope: Int64) async throws {
        let previous = try await connection.query(
            "DELETE FROM sluice.held_grant WHERE scope_id = \(scope) AND grant_id IS NULL RETURNING subject_id")
        try principals.formUnion(previous.map { try $0.decode(at: 0) })
        guard let owner else { return }
        try await connection.execute(
            """
            INSERT INTO sluice.held_grant (subject_id, scope_id, privilege) VALUES (\(owner), \(scope), 'manage')
            """)
        principals.insert(owner)
    }

    /// Marks everybody who holds something on `scope`.
    func touchReaders(of scope: Int64) async throws {
        let rows = try await connection.query(
            """
            SELECT DISTINCT s.principal_id FROM sluice.held_grant AS h
            JOIN sluice.subject AS s ON h.subject_id = ANY (s.ids)
            WHERE h.scope_id = \(scope)
            """)
        try principals.formUnion(rows.map { try $0.decode(at: 0) })
    }

    /// `DELETE /domains/{domain}`: an empty one, with the grants on it.
    public func deleteDomain(_ name: String, _ precondition: Precondition) async throws {
        try requirePlatform()
        try await delete(.domain, at: name, precondition) { before in
            try await refuseIfUsed(
                "domain \(name)",
                by: """
                    SELECT 'dataset ' || sluice.dataset_address(id) FROM sluice.dataset
                    WHERE domain_id = \(before.id)
                    UNION ALL SELECT 'deny rule ' || name FROM sluice.deny_rule WHERE domain_id = \(before.id)
                    UNION ALL SELECT 'pipeline ' || address FROM sluice.pipeline_document
                    WHERE scope_id = \(before.id)
                    UNION ALL SELECT 'connection ' || address FROM sluice.connection_document
                    WHERE scope_id = \(before.id)
                    """)
            try await dropService(of: before.id)
            try await touchReaders(of: before.id)
            try await dropScope(before.id)
            let role: String = try await connection.query(
                "DELETE FROM sluice.domain WHERE id = \(before.id) RETURNING reader_role::text")[0].decode(at: 0)
            try await connection.execute("DROP SCHEMA \(identifier: name)")
            try await connection.execute("DROP ROLE \(identifier: role)")
        }
    }

    /// What goes with a domain or a dataset: the grants on it, and its tags.
    func dropScope(_ id: Int64) async throws {
        try await connection.execute("DELETE FROM sluice.held_grant WHERE scope_id = \(id)")
        try await connection.execute("DELETE FROM sluice.access_grant WHERE scope_id = \(id)")
        try await connection.execute("DELETE FROM sluice.scope_tag WHERE scope_id = \(id)")
    }
}
