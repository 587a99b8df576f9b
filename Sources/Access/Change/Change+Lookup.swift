import Catalog
import Postgres

extension Change {
    /// The id of the row of `table` whose `name` is `name`, or `nil`.
    func id(of name: String, in table: String) async throws -> Int64? {
        try await connection.query(
            "SELECT id FROM \(identifier: "sluice", table) WHERE name = \(name)"
        ).first?.decode(at: 0)
    }

    /// The id of the principal a body names; refuses at `pointer` when there is none.
    func principalID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "principal") { return id }
        throw try await namesNothing(
            "principal", name, in: "principal", at: pointer, madeBy: "/principals", isPublic: false)
    }

    /// The id of the group a body names.
    func groupID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "principal_group") { return id }
        throw try await namesNothing(
            "group", name, in: "principal_group", at: pointer, madeBy: "/groups", isPublic: false)
    }

    /// The id of the purpose a body names.
    func purposeID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "purpose") { return id }
        throw try await namesNothing("purpose", name, in: "purpose", at: pointer, madeBy: "/purposes", isPublic: true)
    }

    /// The id of the tag a body names.
    func tagID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "tag") { return id }
        throw try await namesNothing("tag", name, in: "tag", at: pointer, madeBy: "/tags", isPublic: true)
    }

    /// A dataset's ids and place; `nil` when there is none.
    func dataset(at address: DatasetAddress) async throws -> (id: Int64, domainID: Int64)? {
        let rows = try await connection.query(
            """
            SELECT ds.id, ds.domain_id
            FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id
            WHERE d.name = \(address.domain) AND ds.name = \(address.name)
            """)
        guard let row = rows.first else { return nil }
        return (try row.decode(at: 0), try row.decode(at: 1))
    }

    /// A dataset the caller may see, or `not_found`.
    func visibleDataset(at address: DatasetAddress) async throws -> (id: Int64, domainID: Int64) {
        guard let found = try await dataset(at: address),
            caller.authority.allows(.describe, on: found.domainID, found.id)
        else { throw Refusal.notFound("dataset \(address)") }
        return found
    }

    /// Throws `forbidden` unless the caller manages the platform.
    func requirePlatform() throws {
        try caller.authority.require(.manage, called: "the platform")
    }
}
