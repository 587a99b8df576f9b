import Access
import TestSupport
import Testing

/// Sessions in every isolation level and protocol read while the policy changes: each answer is right for a version not
/// older than the last one completed before the statement began, or an error that says to repeat or that refuses.
@Suite struct AdversaryTests {
    @Test(.timeLimit(.minutes(30))) func noAnswerFollowsAnOlderOrAMixedPolicy() async throws {
        let warehouse = try await Warehouse.make()
        let label = "adv"
        let world = try await Self.install(label, in: warehouse)
        let superuser = try warehouse.superuser()
        let log = PolicyLog(world, position: try PolicyChanger.position(superuser))
        let standby = try Standby(of: warehouse.cluster)
        let run = AdversaryRun(
            log: log, limit: Effort.isSoak ? .max : 100_000, deadline: wallClock() + (Effort.isSoak ? 600 : 900))

        let addresses = world.datasets.map(\.address)
        let threads: [(principal: String, host: String?)] = [
            ("\(label)_p0", nil), ("\(label)_p1", nil), ("\(label)_p2", nil), ("\(label)_p3", nil),
            ("\(label)_p0", nil), ("\(label)_p1", standby.socketDirectory), ("\(label)_p2", standby.socketDirectory),
        ]
        var changer = PolicyChanger(
            warehouse, log, label: label, world: world, random: SeededGenerator(seed: Effort.seed))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, thread) in threads.enumerated() {
                let role = try warehouse.role(of: thread.principal)
                group.addTask {
                    try await onThread {
                        defer { run.stop() }
                        var session = try AdversarySession(
                            run, principal: thread.principal, addresses: addresses, isStandby: thread.host != nil,
                            seed: Effort.seed &+ UInt64(index) &* 7919
                        ) { try warehouse.session(as: role, host: thread.host) }
                        try session.work()
                    }
                }
            }
            let tables = try addresses.map { try warehouse.table(of: $0) }
            group.addTask { try await onThread { try Self.lock(tables, try warehouse.superuser(), run) } }
            defer { run.stop() }
            while run.goesOn { try await changer.change(superuser) }
            run.stop()
            try await group.waitForAll()
        }
        let result = run.result
        for wrong in result.wrong { Issue.record("seed \(Effort.seed): \(wrong)") }
        print("adversary: seed \(Effort.seed), \(changer.changes) changes, \(result.summary)")
        #expect(Effort.isSoak || result.statements >= 100_000 || !result.wrong.isEmpty)
        // A policy that always refuses would pass, too.
        #expect(result.right * 10 > result.statements * 4, "\(result.summary)")
    }

    /// Makes statements wait for locks, in the middle of being parsed and planned.
    private static func lock(_ tables: [String], _ session: RawSession, _ run: AdversaryRun) throws {
        var index = 0
        while run.goesOn {
            try session.rows(
                """
                BEGIN; LOCK TABLE \(tables[index % tables.count]) IN ACCESS EXCLUSIVE MODE;
                SELECT pg_sleep(0.004); COMMIT; SELECT pg_sleep(0.1)
                """)
            index += 1
        }
    }

    /// Three small datasets, four principals, two groups; everybody may read, and there are no rules yet.
    private static func install(_ label: String, in warehouse: Warehouse) async throws -> ReferenceWorld {
        var world = ReferenceWorld()
        let emails = ["ann@example.org", "bob", "a@b.c", "cy@x.y", "dee.dee@d.d", "é@𝔸.b"]
        let regions = ["EU", "US", "APAC", "EU", "US", "EU"]
        world.datasets = (0..<3).map { number in
            let rows = (0..<6).map { index -> [ReferenceValue] in
                [
                    .integer(index + 1), .text(regions[(index + number) % 6]),
                    index == 4 ? .null : .text(emails[(index + number) % 6]), .integer((index + number) * 5),
                ]
            }
            return ReferenceWorld.Dataset(domain: label, name: "t\(number)", columns: Shape.columns, rows: rows)
        }
        world.principals = (0..<4).map { ReferenceWorld.Principal(name: "\(label)_p\($0)") }
        world.grants = world.principals.map { PolicyChanger.home(of: $0, label) }
        let (datasets, principals, grants) = (world.datasets, world.principals, world.grants)
        var ids: [Int64] = []
        try await warehouse.change { change in
            for tag in PolicyChanger.tags(label) { _ = try await change.putTag(tag, json("{}"), .none) }
            for group in PolicyChanger.groups(label) { _ = try await change.putGroup(group, json("{}"), .none) }
            _ = try await change.putDomain(label, json("{}"), .none)
            for dataset in datasets { try await change.make(dataset) }
            for principal in principals { try await change.put(principal) }
            for grant in grants { ids.append(try await change.make(grant)) }
        }
        for (index, id) in ids.enumerated() { world.grants[index].id = id }
        let superuser = try warehouse.superuser()
        for dataset in datasets {
            try superuser.insert(dataset.rows, of: dataset, into: warehouse.table(of: dataset.address))
        }
        return world
    }
}

extension AdversaryRun.Tally {
    var summary: String {
        "\(statements) statements: \(right) right, \(retries) to repeat, \(refused) refused, \(wrong.count) wrong"
    }
}
