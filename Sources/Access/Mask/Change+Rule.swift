import Catalog
import Postgres

extension Change {
    /// Excepts exactly the named groups and principals from the rule `id`.
    func setExceptions(_ exceptions: RuleExceptions, of id: Int64) async throws {
        var subjects: [Int64] = []
        for (index, name) in exceptions.groups.enumerated() {
            subjects.append(try await groupID(named: name, at: "/except/groups/\(index)"))
        }
        for (index, name) in exceptions.principals.enumerated() {
            subjects.append(try await principalID(named: name, at: "/except/principals/\(index)"))
        }
        try await connection.execute(
            "DELETE FROM sluice.rule_exemption WHERE rule_id = \(id) AND subject_id <> ALL (\(subjects))")
        try await connection.execute(
            """
            INSERT INTO sluice.rule_exemption (rule_id, subject_id)
            SELECT \(id), s FROM unnest(\(subjects)) AS s
            ON CONFLICT DO NOTHING
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

    /// Where a rule hangs, with the authority to put it there checked: tags are the platform's.
    func ruleTag(_ name: String) async throws -> Int64 {
        try requirePlatform()
        return try await tagID(named: name, at: "/on")
    }

    /// A dataset on which the caller may make rules.
    func ruleDataset(_ address: DatasetAddress) async throws -> Int64 {
        guard let found = try await dataset(at: address),
            caller.authority.allows(.describe, on: found.domainID, found.id)
        else { throw Refusal.invalid(at: "/on", "names no dataset, or one you may not see") }
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
