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
        throw Refusal.invalid(at: pointer, "names no principal", hint: "PUT /principals/\(name) makes one.")
    }

    /// The id of the group a body names.
    func groupID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "principal_group") { return id }
        throw Refusal.invalid(at: pointer, "names no group", hint: "PUT /groups/\(name) makes one.")
    }

    /// The id of the purpose a body names.
    func purposeID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "purpose") { return id }
        throw Refusal.invalid(at: pointer, "names no purpose", hint: "PUT /purposes/\(name) makes one.")
    }

    /// The id of the tag a body names.
    func tagID(named name: String, at pointer: String) async throws -> Int64 {
        if let id = try await id(of: name, in: "tag") { return id }
        throw Refusal.invalid(at: pointer, "names no tag", hint: "PUT /tags/\(name) makes one.")
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
