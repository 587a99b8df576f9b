internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /purposes/{name}`.
    public func putPurpose(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try requirePlatform()
        try ObjectName.check(name, at: "/name")
        let description = try Refusal.reading(body) { $0.text("description") }
        return try await put(.purpose, at: name, precondition, isPolicy: true) { _ in
            try await connection.execute(
                """
                INSERT INTO sluice.purpose (name, description) VALUES (\(name), \(description))
                ON CONFLICT ON CONSTRAINT purpose_name_key
                DO UPDATE SET description = excluded.description, version = purpose.version + 1, updated_at = now()
                """)
        }
    }

    /// `DELETE /purposes/{name}`: one that no rule names, with the grants to act for it and to it, and with its logins.
    public func deletePurpose(_ name: String, _ precondition: Precondition) async throws {
        try requirePlatform()
        try await delete(.purpose, at: name, precondition, isPolicy: true) { before in
            try await refuseIfUsed("purpose \(name)", by: Self.usesOfPurpose(before.id))
            try await dropSubject(before.id)
            try await dropScope(before.id)
            let roles = try await connection.query(
                "DELETE FROM sluice.subject WHERE purpose_id = \(before.id) RETURNING role_name::text, principal_id")
            for row in roles {
                try await dropLogin(row.decode(at: 0))
                principals.insert(try row.decode(at: 1))
            }
            try await connection.execute("DELETE FROM sluice.purpose WHERE id = \(before.id)")
        }
    }

    private static func usesOfPurpose(_ id: Int64) -> SQL {
        """
        SELECT 'policy test ' || name FROM sluice.policy_test WHERE purpose_id = \(id)
        UNION ALL \(raw: rulesNaming(id))
        """
    }
}
