import Catalog
import JSON
import Postgres
import Store

extension Governance {
    /// Datasets that one comparison looks at.
    public static let maxComparedDatasets = 200
    /// How long counting the rows of all of them may take.
    public static let countingTime = Duration.seconds(60)

    /// Compares who sees what without and with the changes that `body` makes; nothing of them stays.
    ///
    /// The changes are made and taken back under the lock that serialises changes, which is held for some milliseconds;
    /// the rows are counted after that, on live data, without a lock that anybody waits for. That somebody has compared is
    /// audited with what was compared: row counts under conditions of one's own choice tell about values.
    ///
    /// Only datasets that the caller manages are shown. Throws `budget_exceeded` over the bounds.
    public func diff(
        by callerName: String, requestID: String, _ body: (Change) async throws -> Void
    ) async throws -> AccessDiff {
        let rehearsal = try await sessions.withServerSession { connection in
            try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.begin_change()")
                guard let caller = try await Caller.read(named: callerName, on: connection) else {
                    throw Refusal(.unauthenticated, "the token's principal is gone")
                }
                let change = Change(
                    connection: connection, caller: caller, requestID: requestID, requiresConditions: false)
                let rehearsal = try await Rehearsal(of: change, body)
                try await rehearsal.recordAudit(on: connection)
                return rehearsal
            }
        }
        return try await sessions.withServerSession { connection in
            try await connection.reading { connection in
                try await connection.execute("SET LOCAL ROLE sluice_owner")
                return try await rehearsal.count(on: connection, within: Self.countingTime)
            }
        }
    }
}

/// Both states of what a change touches, read in one transaction, of which the change itself is taken back.
private struct Rehearsal: Sendable {
    let caller: Caller
    let requestID: String
    /// What the changes would have left in the audit.
    let proposal: JSONValue
    let comparisons: [AccessComparison]
    let after: PolicyState

    init(of change: Change, _ body: (Change) async throws -> Void) async throws {
        let connection = change.connection
        caller = change.caller
        requestID = change.requestID
        let before = try await PolicyState.read(on: connection)
        try await connection.execute("SAVEPOINT proposed")
        // No gate is shut for what is only compared.
        do { try await body(change) } catch let held as HeldByReaders { throw held.cause }
        if !change.principals.isEmpty {
            try await connection.execute("SELECT sluice.compile_subjects(\(change.principals.sorted()))")
        }
        after = try await PolicyState.read(on: connection)
        for rule in before.rulesBinding(differentlyIn: after) { try await change.touchDatasets(ofRule: rule) }
        let domains = before.domains.merging(after.domains) { _, new in new }
        let concerned = change.datasets.union(before.datasets(decidedDifferentlyIn: after)).filter { id in
            change.caller.authority.allows(.manage, on: id, domains[id] ?? id)
        }.sorted()
        guard concerned.count <= Governance.maxComparedDatasets else {
            throw Refusal(
                .budgetExceeded,
                "the changes concern \(concerned.count) datasets; at most \(Governance.maxComparedDatasets) are compared",
                hint: "Compare fewer changes at once, or changes of one domain.")
        }
        let new = try await Self.rules(of: concerned, in: after, on: connection)
        proposal = try change.proposal()
        try await connection.execute("ROLLBACK TO SAVEPOINT proposed")
        let old = try await Self.rules(of: concerned, in: before, on: connection)
        comparisons = concerned.compactMap { [after] id in
            AccessComparison(id, before: old[id], before, after: new[id], after)
        }
    }

    private static func rules(
        of datasets: [Int64], in state: PolicyState, on connection: Connection
    ) async throws -> [Int64: DatasetRules] {
        var rules: [Int64: DatasetRules] = [:]
        for id in datasets where state.domains[id] != nil {
            rules[id] = DatasetRules(try await DatasetDefinition.read(id, on: connection))
        }
        return rules
    }

    func recordAudit(on connection: Connection) async throws {
        try await connection.execute(
            """
            INSERT INTO sluice.change_audit (principal, action, object, after, policy_version, request_id)
            VALUES (\(caller.name), 'diff', 'access', \(proposal.text)::jsonb, \(caller.policyVersion), \(requestID))
            """)
    }

    func count(on connection: Connection, within time: Duration) async throws -> AccessDiff {
        let deadline = ContinuousClock.now + time
        var counted: [(AccessComparison, RowDifferences)] = []
        for comparison in comparisons {
            var counts = RowDifferences()
            let pairs = Set(comparison.cases.map(\.rows)).sorted { ($0.before, $0.after) < ($1.before, $1.after) }
            if comparison.hasRows, !pairs.isEmpty {
                counts = try await RowDifferences.count(
                    pairs, of: comparison.datasetID, adding: comparison.newColumns, until: deadline, on: connection)
            }
            counted.append((comparison, counts))
        }
        let members = after.principals.values.reduce(into: [Int64: Int]()) { members, principal in
            guard principal.purpose == nil else { return }
            for id in principal.subjectIDs { members[id, default: 0] += 1 }
        }
        return AccessDiff(
            policyVersion: caller.policyVersion, counted, groupNames: after.groupNames, members: members)
    }
}

extension Change {
    /// The audited steps as one value.
    fileprivate func proposal() throws -> JSONValue {
        .array(
            try entries.map { entry in
                [
                    "action": .string(entry.action), "object": .string(entry.object),
                    "after": try entry.after.map { try JSONValue.parse(Array($0.utf8)) } ?? .null,
                ]
            })
    }

    /// Marks the datasets on which a rule lies.
    fileprivate func touchDatasets(ofRule id: Int64) async throws {
        let rows = try await connection.query(
            """
            SELECT tag_id, NULL::bigint, dataset_id FROM sluice.mask WHERE id = \(id)
            UNION ALL SELECT tag_id, NULL, dataset_id FROM sluice.row_filter WHERE id = \(id)
            UNION ALL SELECT tag_id, domain_id, dataset_id FROM sluice.deny_rule WHERE id = \(id)
            """)
        // A rule that is gone has marked its datasets itself.
        guard let row = rows.first else { return }
        if let tag: Int64 = try row.decode(at: 0) { try await touchDatasets(taggedWith: tag) }
        if let domain: Int64 = try row.decode(at: 1) { try await touchDatasets(inDomain: domain) }
        if let dataset: Int64 = try row.decode(at: 2) { datasets.insert(dataset) }
    }
}
