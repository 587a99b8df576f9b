internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /principals/{name}`: a field that is absent is left as it is.
    public func putPrincipal(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try requirePlatform()
        try ObjectName.check(name, at: "/name")
        let input = try Refusal.reading(body) { PrincipalInput(&$0) }
        return try await put(.principal, at: name, precondition, isPolicy: true) { before in
            let id: Int64
            if let before {
                id = before.id
            } else {
                guard let kind = input.kind else {
                    throw Refusal.invalid(at: "/kind", "is required for a new principal")
                }
                id = try await makePrincipal(name, kind)
            }
            try await connection.execute(
                """
                UPDATE sluice.principal SET
                    kind = coalesce(\(input.kind?.rawValue), kind),
                    display_name = \(raw: input.displayName.value(else: "display_name")),
                    email = \(raw: input.email.value(else: "email")),
                    version = version + \(Int64(before == nil ? 0 : 1)), updated_at = now()
                WHERE id = \(id)
                """)
            if let attributes = input.attributes { try await setAttributes(attributes, of: id) }
            if let groups = input.groups { try await setGroups(groups, of: id) }
            principals.insert(id)
        }
    }

    /// The principal's row and its login role, which may connect and nothing else.
    func makePrincipal(_ name: String, _ kind: PrincipalKind) async throws -> Int64 {
        let rows = try await connection.query(
            """
            WITH made AS (SELECT nextval('sluice.object_id') AS id)
            INSERT INTO sluice.principal (id, name, kind, role_name)
            SELECT made.id, \(name), \(kind.rawValue), i.name || '_' || made.id
            FROM made, sluice.installation AS i
            RETURNING id, role_name::text
            """)
        let role: String = try rows[0].decode(at: 1)
        try await LoginRole.make(role, on: connection)
        return try rows[0].decode(at: 0)
    }

    private func setAttributes(_ attributes: [String: [String]], of principal: Int64) async throws {
        try await connection.execute("DELETE FROM sluice.principal_attribute WHERE principal_id = \(principal)")
        for (name, values) in attributes.sorted(by: { $0.key < $1.key }) {
            try await connection.execute(
                """
                INSERT INTO sluice.principal_attribute (principal_id, name, "values")
                VALUES (\(principal), \(name), \(values))
                """)
        }
    }

    private func setGroups(_ names: [String], of principal: Int64) async throws {
        var ids: [Int64] = []
        for (index, name) in names.enumerated() {
            ids.append(try await groupID(named: name, at: "/groups/\(index)"))
        }
        try await connection.execute(
            """
            WITH removed AS (
                DELETE FROM sluice.membership WHERE principal_id = \(principal) AND group_id <> ALL (\(ids))
                RETURNING group_id
            ), added AS (
                INSERT INTO sluice.membership (group_id, principal_id)
                SELECT g, \(principal) FROM unnest(\(ids)) AS g
                ON CONFLICT DO NOTHING
                RETURNING group_id
            )
            UPDATE sluice.principal_group SET version = version + 1, updated_at = now()
            WHERE id IN (SELECT group_id FROM removed UNION ALL SELECT group_id FROM added)
            """)
    }

    /// `DELETE /principals/{name}`: with its tokens, memberships, grants and login role.
    public func deletePrincipal(_ name: String, _ precondition: Precondition) async throws {
        try requirePlatform()
        if name == Bootstrap.administrator {
            throw Refusal(.conflict, "the principal \(name) cannot be deleted", hint: "Delete its tokens instead.")
        }
        try await delete(.principal, at: name, precondition, isPolicy: true) { before in
            try await refuseIfUsed("principal \(name)", by: Self.usesOfPrincipal(before.id))
            try await dropPrincipal(before.id)
        }
    }

    /// What names the principal and would be wrong without it.
    static func usesOfPrincipal(_ id: Int64) -> SQL {
        """
        SELECT 'domain ' || name FROM sluice.domain WHERE owner_id = \(id)
        UNION ALL SELECT 'dataset ' || sluice.dataset_address(id) FROM sluice.dataset WHERE owner_id = \(id)
        UNION ALL SELECT 'pipeline ' || d.address FROM sluice.pipeline_document AS d
        JOIN sluice.pipeline AS p ON p.id = d.id WHERE p.run_as_id = \(id)
        UNION ALL SELECT 'policy test ' || name FROM sluice.policy_test WHERE principal_id = \(id)
        UNION ALL \(raw: rulesNaming(id))
        """
    }

    func dropPrincipal(_ id: Int64) async throws {
        try await connection.execute("DELETE FROM sluice.domain_service WHERE principal_id = \(id)")
        try await dropSubject(id)
        let logins = try await connection.query(
            "SELECT role_name::text FROM sluice.subject WHERE principal_id = \(id)")
        try await connection.execute("DELETE FROM sluice.principal WHERE id = \(id)")
        for login in logins { try await dropLogin(login.decode(at: 0)) }
    }

    /// Drops a login role whose subject is gone.
    func dropLogin(_ role: String) async throws {
        try await LoginRole.forget(role, on: connection)
        // What a principal may make of itself, such as default privileges, would keep its role alive. A server that
        // is no superuser has to be a member to take it away.
        try await connection.execute("GRANT \(identifier: role) TO CURRENT_USER")
        try await connection.execute("DROP OWNED BY \(identifier: role)")
        try await connection.execute("DROP ROLE \(identifier: role)")
    }

    /// What goes with a principal, a group or a purpose: the grants to it.
    func dropSubject(_ id: Int64) async throws {
        try await connection.execute("DELETE FROM sluice.held_grant WHERE subject_id = \(id)")
        try await connection.execute("DELETE FROM sluice.access_grant WHERE subject_id = \(id)")
    }

    /// The rules that name the subject: in `except`, or a deny rule in `to`.
    static func rulesNaming(_ subject: Int64) -> SQL {
        """
        SELECT 'mask ' || m.name FROM sluice.mask AS m JOIN sluice.rule_exemption AS x ON x.rule_id = m.id
        WHERE x.subject_id = \(subject)
        UNION ALL SELECT 'row filter ' || f.name FROM sluice.row_filter AS f
        JOIN sluice.rule_exemption AS x ON x.rule_id = f.id WHERE x.subject_id = \(subject)
        UNION ALL SELECT 'deny rule ' || r.name FROM sluice.deny_rule AS r
        WHERE EXISTS (SELECT FROM sluice.rule_exemption AS x WHERE x.rule_id = r.id AND x.subject_id = \(subject))
            OR EXISTS (SELECT FROM sluice.rule_subject AS b WHERE b.rule_id = r.id AND b.subject_id = \(subject))
        """
    }
}
