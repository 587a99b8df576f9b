internal import Catalog
public import JSON
import Postgres

extension Change {
    /// `PUT /deny-rules/{name}`: whoever it binds reads nothing there, whatever is granted.
    public func putDenyRule(_ name: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try ObjectName.check(name, at: "/name")
        let input = try Refusal.reading(body) { DenyRuleInput(&$0) }
        guard let target = input.target else { throw Refusal(.invalid, "incomplete deny rule") }
        return try await put(.denyRule, at: name, precondition, isPolicy: true) { before in
            if let before {
                try await requireRule(before, .denyRule)
                try await touchDatasets(ofDenyRule: before.id)
            }
            let place = try await place(of: target)
            let rows = try await connection.query(
                """
                INSERT INTO sluice.deny_rule (name, description, tag_id, domain_id, dataset_id, column_id)
                VALUES (\(name), \(input.description), \(place.tag), \(place.domain), \(place.dataset), \(place.column))
                ON CONFLICT ON CONSTRAINT deny_rule_name_key DO UPDATE
                SET description = excluded.description, tag_id = excluded.tag_id, domain_id = excluded.domain_id,
                    dataset_id = excluded.dataset_id, column_id = excluded.column_id, version = deny_rule.version + 1,
                    updated_at = now()
                RETURNING id
                """)
            let id: Int64 = try rows[0].decode(at: 0)
            try await bind(input.subjects, to: id)
            try await setExceptions(input.exceptions, of: id)
            try await touchDatasets(ofDenyRule: id)
        }
    }

    /// `DELETE /deny-rules/{name}`.
    public func deleteDenyRule(_ name: String, _ precondition: Precondition) async throws {
        try await delete(.denyRule, at: name, precondition, isPolicy: true) { before in
            try await requireRule(before, .denyRule)
            try await touchDatasets(ofDenyRule: before.id)
            try await connection.execute("DELETE FROM sluice.rule_exemption WHERE rule_id = \(before.id)")
            try await connection.execute("DELETE FROM sluice.rule_subject WHERE rule_id = \(before.id)")
            try await connection.execute("DELETE FROM sluice.deny_rule WHERE id = \(before.id)")
        }
    }

    private typealias Place = (tag: Int64?, domain: Int64?, dataset: Int64?, column: Int64?)

    /// Where the rule hangs, with the authority to put it there checked.
    private func place(of target: DenyRuleInput.Target) async throws -> Place {
        switch target {
        case .tag(let name): return (try await ruleTag(name), nil, nil, nil)
        case .domain(let name):
            guard let id = try await id(of: name, in: "domain"), caller.authority.allows(.describe, on: id) else {
                throw try await namesNoDomain(name, at: "/on")
            }
            try caller.authority.require(.manage, on: id, called: "domain \(name)")
            return (nil, id, nil, nil)
        case .dataset(let address): return (nil, nil, try await ruleDataset(address), nil)
        case .column(let address):
            let dataset = try await ruleDataset(address.dataset)
            let columns = try await connection.query(
                """
                SELECT id::bigint FROM sluice.dataset_column
                WHERE dataset_id = \(dataset) AND name = \(address.column)
                """)
            guard let column = columns.first else {
                throw try await namesNoColumn(address.column, of: dataset, at: "/on")
            }
            return (nil, nil, dataset, try column.decode(at: 0))
        }
    }

    /// Makes the rule bind exactly `subjects`; `nil`: everybody.
    private func bind(_ subjects: DenyRuleInput.Subjects?, to rule: Int64) async throws {
        var ids: [Int64] = subjects == nil ? [0] : []
        for (index, name) in (subjects?.groups ?? []).enumerated() {
            ids.append(try await groupID(named: name, at: "/to/groups/\(index)"))
        }
        for (index, name) in (subjects?.principals ?? []).enumerated() {
            ids.append(try await principalID(named: name, at: "/to/principals/\(index)"))
        }
        for (index, name) in (subjects?.purposes ?? []).enumerated() {
            ids.append(try await purposeID(named: name, at: "/to/purposes/\(index)"))
        }
        try await connection.execute("DELETE FROM sluice.rule_subject WHERE rule_id = \(rule)")
        try await connection.execute(
            """
            INSERT INTO sluice.rule_subject (rule_id, subject_id) SELECT \(rule), s FROM unnest(\(ids)) AS s
            ON CONFLICT DO NOTHING
            """)
    }

    private func touchDatasets(ofDenyRule id: Int64) async throws {
        let rows = try await connection.query(
            "SELECT tag_id, domain_id, dataset_id FROM sluice.deny_rule WHERE id = \(id)")
        if let tag: Int64 = try rows[0].decode(at: 0) { try await touchDatasets(taggedWith: tag) }
        if let domain: Int64 = try rows[0].decode(at: 1) { try await touchDatasets(inDomain: domain) }
        if let dataset: Int64 = try rows[0].decode(at: 2) { datasets.insert(dataset) }
    }
}
