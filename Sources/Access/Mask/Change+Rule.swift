import Catalog
import Postgres

extension Change {
    /// Excepts exactly the named groups, principals and purposes from the rule `id`. Of a name that comes twice the later
    /// end holds.
    func setExceptions(_ exceptions: RuleExceptions, of id: Int64) async throws {
        var subjects: [Int64] = []
        var ends: [String] = []
        func add(
            _ entries: [RuleException], _ list: String, _ find: (String, String) async throws -> Int64
        ) async throws {
            for (index, entry) in entries.enumerated() {
                let pointer = "/except/\(list)/\(index)"
                subjects.append(try await find(entry.name, pointer))
                ends.append(try await expiry(entry.expiresAt, at: "\(pointer)/expiresAt") ?? "infinity")
            }
        }
        try await add(exceptions.groups, "groups") { try await groupID(named: $0, at: $1) }
        try await add(exceptions.principals, "principals") { try await principalID(named: $0, at: $1) }
        try await add(exceptions.purposes, "purposes") { try await purposeID(named: $0, at: $1) }
        try await connection.execute("DELETE FROM sluice.rule_exemption WHERE rule_id = \(id)")
        try await connection.execute(
            """
            INSERT INTO sluice.rule_exemption (rule_id, subject_id, until)
            SELECT \(id), s, max(u::timestamptz) FROM unnest(\(subjects)::bigint[], \(ends)::text[]) AS x (s, u) GROUP BY s
            """)
    }

    /// Marks the datasets with a column that bears the tag or one below it.
    func touchDatasets(taggedWith tag: Int64) async throws {
        let rows = try await connection.query(
            """
            SELECT DISTINCT b.dataset_id
            FROM sluice.tag AS over
            JOIN sluice.tag AS t ON t.name = over.name OR starts_with(t.name, over.name || '.')
            JOIN sluice.borne_tag AS b ON b.tag_id = t.id
            WHERE over.id = \(tag)
            """)
        try datasets.formUnion(rows.map { try $0.decode(at: 0) })
    }

    /// Marks the datasets of a domain.
    func touchDatasets(inDomain domain: Int64) async throws {
        let rows = try await connection.query("SELECT id FROM sluice.dataset WHERE domain_id = \(domain)")
        try datasets.formUnion(rows.map { try $0.decode(at: 0) })
    }

    /// Where a rule hangs, with the authority to put it there checked: tags are the platform's.
    func ruleTag(_ name: String) async throws -> Int64 {
        try requirePlatform()
        return try await tagID(named: name, at: "/on")
    }

    /// A dataset on which the caller may make rules.
    func ruleDataset(_ address: DatasetAddress) async throws -> Int64 {
        guard let found = try await dataset(at: address),
            caller.authority.allows(.describe, on: found.domainID, found.id)
        else { throw try await namesNoDataset(address, at: "/on") }
        try caller.authority.require(.manage, on: found.domainID, found.id, called: "dataset \(address)")
        return found.id
    }

    /// Throws unless the caller may see and change the rule that `before` shows.
    func requireRule(_ before: Document, _ kind: ObjectKind) async throws {
        let rows = try await connection.query("SELECT domain_id FROM sluice.dataset WHERE id = \(before.scopeID)")
        let domain: Int64 = try rows.first?.decode(at: 0) ?? before.scopeID
        guard caller.authority.allows(.manage, on: domain, before.scopeID) else {
            throw Refusal.notFound("\(kind.noun) \(before.address)")
        }
    }
}
