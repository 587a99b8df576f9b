internal import Catalog
import Postgres

/// What a request asks for, found.
struct AskedAccess {
    var datasetID: Int64
    var privilege: Privilege
    /// `nil`: every column.
    var columns: [Int64]?
    /// The request whose grant is to last longer.
    var extends: Int64?
}

extension Change {
    func asked(_ subject: AccessRequestInput.Subject) async throws -> AskedAccess {
        switch subject {
        case .grant(let privilege, let address, let columns):
            guard let address else { throw Refusal(.invalid, "incomplete access request") }
            guard let found = try await dataset(at: address),
                caller.authority.allows(.describe, on: found.domainID, found.id)
            else { throw try await namesNoDataset(address, at: "/dataset") }
            return AskedAccess(
                datasetID: found.id, privilege: privilege, columns: try await columnIDs(columns, of: found.id))
        case .moreTime(let earlier): return try await moreTime(of: earlier)
        }
    }

    /// The grant as it is: perhaps less than was asked for then.
    private func moreTime(of earlier: String) async throws -> AskedAccess {
        let rows = try await connection.query(
            """
            SELECT r.id, r.dataset_id, g.privilege, g.column_ids::bigint[], g.id
            FROM sluice.access_request AS r LEFT JOIN sluice.access_grant AS g ON g.id = r.grant_id
            WHERE r.id::text = \(earlier) AND r.principal_id = \(caller.principalID) AND r.state = 'approved'
            """)
        guard let row = rows.first else {
            throw Refusal.invalid(at: "/extends", "names no request of yours that was approved")
        }
        guard try row.decode(at: 4, as: Int64?.self) != nil else {
            throw Refusal.invalid(
                at: "/extends", "names a request whose grant was taken back", hint: "Ask anew, for the dataset.")
        }
        return AskedAccess(
            datasetID: try row.decode(at: 1), privilege: try Privilege(stored: row.decode(at: 2)),
            columns: try row.decode(at: 3), extends: try row.decode(at: 0))
    }

    /// Lets the grant of an approved request last until `expiry`, unless it lasts longer already. Returns its id.
    func extendGrant(ofRequest id: Int64, until expiry: String) async throws -> Int64 {
        let rows = try await connection.query(
            """
            SELECT g.id, g.subject_id, g.scope_id FROM sluice.access_request AS r
            JOIN sluice.access_grant AS g ON g.id = r.grant_id WHERE r.id = \(id)
            """)
        guard let row = rows.first, let before = try await Document.read(.grant, id: row.decode(at: 0), on: connection)
        else {
            throw Refusal(
                .conflict, "the grant that was to last longer was taken back meanwhile", hint: "Deny the request.")
        }
        try await connection.execute(
            """
            UPDATE sluice.access_grant SET expires_at = greatest(expires_at, \(expiry)::timestamptz), version = version + 1
            WHERE id = \(before.id)
            """)
        try await connection.execute(
            """
            UPDATE sluice.held_grant AS h SET until = g.expires_at
            FROM sluice.access_grant AS g WHERE g.id = \(before.id) AND h.grant_id = g.id
            """)
        try await touch(row.decode(at: 1))
        guard let after = try await Document.read(.grant, id: before.id, on: connection) else {
            throw Refusal.notFound("grant \(before.id)")
        }
        record(
            "put", "grant \(after.address)", dataset: try row.decode(at: 2), before: before, after: after,
            narrows: false)
        return after.id
    }
}
