internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `POST /grants`: an equal grant that exists is answered instead.
    public func makeGrant(_ body: JSONValue) async throws -> Outcome {
        let input = try Refusal.reading(body) { GrantInput(&$0) }
        guard let scope = input.scope, let subject = input.subject else { throw Refusal(.invalid, "incomplete grant") }
        let scopeID = try await scopeID(scope, requiring: .manage)
        let subjectID = try await subjectID(subject)
        let columns = try await columnIDs(input.columns, of: scopeID)
        let expiry = try await expiry(input.expiresAt, at: "/expiresAt")
        let equal = try await Document.select(
            .grant,
            where: """
                id IN (SELECT g.id FROM sluice.access_grant AS g
                       WHERE g.subject_id = \(subjectID) AND g.scope_id = \(scopeID)
                           AND g.privilege = \(input.privilege.rawValue)
                           AND g.column_ids::bigint[] IS NOT DISTINCT FROM \(columns) AND g.ungranted = \(input.ungranted)
                           AND g.expires_at IS NOT DISTINCT FROM \(expiry)::timestamptz)
                """, limit: 1, on: connection)
        if let equal = equal.first { return Outcome(isNew: false, before: equal, document: equal) }

        let document = try await insertGrant(
            of: input.privilege, on: scopeID, to: subjectID, columns: columns, ungranted: input.ungranted,
            expiry: expiry, reason: input.reason)
        // A dataset with a grant of some columns reads all of them through functions.
        if columns != nil { datasets.insert(scopeID) }
        try await touch(subjectID)
        record(
            "create", "grant \(document.id)", dataset: scopeID == 0 ? nil : scopeID, before: nil, after: document,
            narrows: false)
        return Outcome(isNew: true, before: nil, document: document)
    }

    /// Writes a grant and what is held by it.
    ///
    /// - Parameter expiry: A time that was checked; `nil`: it does not end.
    func insertGrant(
        of privilege: Privilege, on scope: Int64, to subject: Int64, columns: [Int64]? = nil,
        ungranted: String = "null", expiry: String? = nil, reason: String?
    ) async throws -> Document {
        let rows = try await connection.query(
            """
            INSERT INTO sluice.access_grant
                (subject_id, privilege, scope_id, column_ids, ungranted, expires_at, reason, granted_by)
            VALUES (\(subject), \(privilege.rawValue), \(scope), \(columns), \(ungranted),
                \(expiry)::timestamptz, \(reason), \(caller.name))
            RETURNING id
            """)
        let id: Int64 = try rows[0].decode(at: 0)
        try await connection.execute(
            """
            INSERT INTO sluice.held_grant (subject_id, scope_id, privilege, column_ids, raises, until, grant_id)
            SELECT subject_id, scope_id, privilege, column_ids, ungranted = 'error',
                coalesce(expires_at, 'infinity'), id
            FROM sluice.access_grant WHERE id = \(id)
            """)
        guard let document = try await Document.read(.grant, id: id, on: connection) else {
            throw Refusal.notFound("grant \(id)")
        }
        return document
    }

    /// `DELETE /grants/{id}`.
    public func deleteGrant(_ address: String, _ precondition: Precondition) async throws {
        guard let document = try await Document.read(.grant, at: address, on: connection) else {
            throw Refusal.notFound("grant \(address)")
        }
        guard try await manages(scopeID: document.scopeID) else {
            // Who holds a grant can read it, and so may learn why it stays.
            guard try await isHeld(grant: document.id) else { throw Refusal.notFound("grant \(address)") }
            throw Refusal(
                .forbidden, "this needs the privilege manage where the grant \(address) holds",
                hint: "Ask a manager to take it back.")
        }
        try await delete(.grant, at: address, precondition) { before in
            let rows = try await connection.query(
                "DELETE FROM sluice.access_grant WHERE id = \(before.id) RETURNING subject_id")
            try await touch(rows[0].decode(at: 0))
        }
    }

    /// Marks everybody whom a subject stands for: itself, or a group's members.
    func touch(_ subject: Int64) async throws {
        let rows = try await connection.query(
            "SELECT principal_id FROM sluice.subject WHERE \(subject) = ANY (ids)")
        try principals.formUnion(rows.map { try $0.decode(at: 0) })
    }

    private func isHeld(grant id: Int64) async throws -> Bool {
        let rows = try await connection.query(
            "SELECT FROM sluice.access_grant WHERE id = \(id) AND subject_id = ANY (\(caller.subjectIDs))")
        return !rows.isEmpty
    }

    private func manages(scopeID: Int64) async throws -> Bool {
        let rows = try await connection.query("SELECT domain_id FROM sluice.dataset WHERE id = \(scopeID)")
        let domain: Int64 = try rows.first?.decode(at: 0) ?? scopeID
        return caller.authority.allows(.manage, on: domain, scopeID)
    }

    private func scopeID(_ scope: Scope, requiring privilege: Privilege) async throws -> Int64 {
        switch scope {
        case .platform:
            try requirePlatform()
            return Authority.platform
        case .domain(let name):
            guard let id = try await id(of: name, in: "domain"), caller.authority.allows(.describe, on: id) else {
                throw try await namesNoDomain(name, at: "/on")
            }
            try caller.authority.require(privilege, on: id, called: "domain \(name)")
            return id
        case .dataset(let address):
            guard let found = try await dataset(at: address),
                caller.authority.allows(.describe, on: found.domainID, found.id)
            else { throw try await namesNoDataset(address, at: "/on") }
            try caller.authority.require(privilege, on: found.domainID, found.id, called: "dataset \(address)")
            return found.id
        case .purpose(let name):
            try requirePlatform()
            return try await purposeID(named: name, at: "/on")
        }
    }

    private func subjectID(_ subject: SubjectName) async throws -> Int64 {
        switch subject {
        case .user(let name): try await principalID(named: name, at: "/to")
        case .group(let name): try await groupID(named: name, at: "/to")
        case .purpose(let name): try await purposeID(named: name, at: "/to")
        }
    }

    func columnIDs(_ names: [String]?, of dataset: Int64) async throws -> [Int64]? {
        guard let names else { return nil }
        let rows = try await connection.query(
            "SELECT name, id::bigint FROM sluice.dataset_column WHERE dataset_id = \(dataset)")
        let ids = try Dictionary(
            uniqueKeysWithValues: rows.map { try ($0.decode(at: 0, as: String.self), $0.decode(at: 1, as: Int64.self)) }
        )
        return try names.enumerated().map { index, name in
            guard let id = ids[name] else { throw Refusal.invalid(at: "/columns/\(index)", "names no column") }
            return id
        }.sorted()
    }

    /// An RFC 3339 time in the future, as Postgres reads it.
    func expiry(_ text: String?, at pointer: String) async throws -> String? {
        guard let text else { return nil }
        guard RFC3339.isValid(text) else {
            throw Refusal.invalid(at: pointer, "must be an RFC 3339 time such as 2027-01-31T00:00:00Z")
        }
        let rows = try await connection.query("SELECT \(text)::timestamptz > clock_timestamp()")
        guard try rows[0].decode(at: 0, as: Bool.self) else {
            throw Refusal.invalid(at: pointer, "lies in the past")
        }
        return text
    }
}
