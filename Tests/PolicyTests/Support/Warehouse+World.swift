import Access
import Catalog
import Postgres

/// Bringing a reference world into the warehouse, object by object as the API would.
extension Change {
    func make(_ dataset: ReferenceWorld.Dataset) async throws {
        let columns = dataset.columns.map { column in
            #"{"name":"\#(column.name)","type":"\#(column.type.rawValue)","tags":\#(JSONText.list(column.tags.sorted()))}"#
        }
        _ = try await makeDataset(
            json(
                #"{"domain":"\#(dataset.domain)","name":"\#(dataset.name)","tags":\#(JSONText.list(dataset.tags.sorted())),"columns":[\#(columns.joined(separator: ","))]}"#
            ))
    }

    func put(_ principal: ReferenceWorld.Principal) async throws {
        let attributes = principal.attributes.sorted { $0.key < $1.key }
            .map { "\(JSONText.quoted($0.key)):\(JSONText.list($0.value))" }
        _ = try await putPrincipal(
            principal.name,
            json(
                #"{"kind":"user","attributes":{\#(attributes.joined(separator: ","))},"groups":\#(JSONText.list(principal.groups.sorted()))}"#
            ), .none)
    }

    func put(_ mask: ReferenceWorld.Mask) async throws {
        _ = try await putMask(
            mask.name,
            json(#"{"on":"\#(mask.target.address)","mask":\#(mask.mask.json),"except":\#(mask.except.json)}"#), .none)
    }

    func put(_ filter: ReferenceWorld.RowFilter) async throws {
        _ = try await putRowFilter(
            filter.name,
            json(
                #"{"on":"\#(filter.target.address)","expression":\#(JSONText.quoted(filter.filter.text)),"except":\#(filter.except.json)}"#
            ), .none)
    }

    func put(_ rule: ReferenceWorld.DenyRule) async throws {
        let to = rule.subjects.map { #""to":\#(ReferenceWorld.Exceptions(subjects: $0).json),"# } ?? ""
        _ = try await putDenyRule(
            rule.name, json(#"{"on":"\#(rule.target.address)",\#(to)"except":\#(rule.except.json)}"#), .none)
    }

    /// - Parameter expiresAt: RFC 3339, in the future; what `grant.expiry` says is not looked at.
    func make(_ grant: ReferenceWorld.Grant, expiresAt: String? = nil) async throws -> Int64 {
        var fields = [
            #""to":"\#(grant.subject)""#, #""privilege":"\#(grant.privilege)""#, #""on":"\#(grant.scope)""#,
        ]
        if let columns = grant.columns {
            fields.append(
                #""columns":\#(JSONText.list(columns.sorted())),"ungranted":"\#(grant.raises ? "error" : "null")""#)
        }
        if let expiresAt { fields.append(#""expiresAt":"\#(expiresAt)""#) }
        return try await makeGrant(json("{\(fields.joined(separator: ","))}")).document.id
    }
}

extension Warehouse {
    /// Makes all of a world in a domain called `label`; keeps in it the ids of its grants.
    @discardableResult
    func install(
        _ world: ReferenceWorld, label: String, tags: [String], groups: [String], purposes: [String]
    ) async throws -> ReferenceWorld {
        var world = world
        var expired: [Int64] = []
        try await change { change in
            for tag in tags { _ = try await change.putTag(tag, json("{}"), .none) }
            for group in groups { _ = try await change.putGroup(group, json("{}"), .none) }
            for purpose in purposes { _ = try await change.putPurpose(purpose, json("{}"), .none) }
            let domainTags = JSONText.list((world.datasets.first?.domainTags ?? []).sorted())
            _ = try await change.putDomain(label, json(#"{"tags":\#(domainTags)}"#), .none)
            for dataset in world.datasets { try await change.make(dataset) }
            for principal in world.principals { try await change.put(principal) }
        }
        let superuser = try superuser()
        for dataset in world.datasets {
            try superuser.insert(dataset.rows, of: dataset, into: table(of: dataset.address))
        }
        try await change { change in
            for mask in world.masks { try await change.put(mask) }
            for filter in world.filters { try await change.put(filter) }
            for rule in world.denials { try await change.put(rule) }
            for (index, grant) in world.grants.enumerated() {
                // Nothing is granted into the past; those are aged below.
                let isPast = grant.expiry.map { $0 < 2_000_000_000 } ?? false
                let expiresAt = grant.expiry == nil ? nil : isPast ? "2096-01-01T00:00:00Z" : "2096-10-02T07:06:40Z"
                let id = try await change.make(grant, expiresAt: expiresAt)
                world.grants[index].id = id
                if isPast { expired.append(id) }
            }
        }
        // Logins for purposes are made while they may be.
        for actor in world.actors() { try await act(as: actor) }
        let ended =
            (world.masks.map { ($0.name, $0.except) } + world.filters.map { ($0.name, $0.except) }
            + world.denials.map { ($0.name, $0.except) }).flatMap { name, except in
                except.ended.map { "(\(ReferenceValue.quoted(name)), \(ReferenceValue.quoted($0)))" }
            }
        try superuser.rows(
            """
            BEGIN; SELECT sluice.begin_change();
            UPDATE sluice.rule_exemption AS x SET until = '1970-01-01 00:00:01+00'
            FROM (SELECT id, name FROM sluice.mask UNION ALL SELECT id, name FROM sluice.row_filter
                  UNION ALL SELECT id, name FROM sluice.deny_rule) AS r
            WHERE r.id = x.rule_id AND (r.name, sluice.subject_address(x.subject_id)) IN
                (\((["(NULL, NULL)"] + ended).joined(separator: ", ")));
            UPDATE sluice.access_grant SET expires_at = '1970-01-01 00:00:01+00' WHERE id = ANY ('{\(expired.map(String.init).joined(separator: ","))}');
            UPDATE sluice.held_grant SET until = '1970-01-01 00:00:01+00' WHERE grant_id = ANY ('{\(expired.map(String.init).joined(separator: ","))}');
            SELECT sluice.compile_subjects(ARRAY(SELECT id FROM sluice.principal));
            SELECT sluice.finish_change(); COMMIT;
            SELECT sluice.fence((SELECT epoch FROM sluice.policy_epoch))
            """)
        return world
    }
}

extension RawSession {
    /// Puts the dataset's rows into `table`, past any policy.
    func insert(_ rows: [[ReferenceValue]], of dataset: ReferenceWorld.Dataset, into table: String) throws(Failure) {
        guard !rows.isEmpty else { return }
        let tuples = rows.map { row in
            "(" + zip(row, dataset.columns).map { $0.literal($1.type) }.joined(separator: ", ") + ")"
        }
        try self.rows("INSERT INTO \(table) VALUES \(tuples.joined(separator: ", "))")
    }
}
