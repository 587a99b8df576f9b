import Access
import TestSupport
import Testing

/// Random policies and queries: what the principal reads in its own login session is what a plain evaluation, row by
/// row and without any SQL of the policy, leaves for the same query over plain tables.
@Suite struct EvaluatorTests {
    @Test(.timeLimit(.minutes(30))) func everyAnswerIsThatOfThePlainReference() async throws {
        let warehouse = try await Warehouse.make()
        let worlds = Effort.isSoak ? 125 : 15
        let queriesPerPrincipal = Effort.isSoak ? 6 : 5
        var cases = 0
        for index in 0..<worlds {
            let seed = Effort.seed &+ UInt64(index)
            var random = SeededGenerator(seed: seed)
            var maker = RandomWorld(label: "w\(index)", random: random)
            let world = maker.make()
            random = maker.random
            do {
                try await warehouse.install(
                    world, label: "w\(index)", tags: maker.tags, groups: maker.groups, purposes: maker.purposes)
            } catch {
                Issue.record("seed \(seed): the world cannot be installed: \(String(reflecting: error))")
                continue
            }
            for principal in world.actors() {
                let evaluation = try Evaluation(world: world, principal: principal, warehouse: warehouse)
                for _ in 0..<queriesPerPrincipal {
                    let query = RandomQuery.make(over: world.datasets, &random)
                    if let difference = evaluation.difference(query) {
                        Issue.record(
                            "seed \(seed), world \(index), as \(principal): \(difference)\n\(query.text)\n\(world.rules)"
                        )
                    }
                    cases += 1
                }
            }
        }
        #expect(cases >= (Effort.isSoak ? 3000 : 300))
    }
}

/// One principal's direct session beside the reference's plain tables.
private struct Evaluation {
    let world: ReferenceWorld
    let governed: RawSession
    let plain: RawSession
    let sights: [ReferenceWorld.Sight]

    init(world: ReferenceWorld, principal: ReferenceWorld.Principal, warehouse: Warehouse) throws {
        self.world = world
        governed = try warehouse.session(
            as: warehouse.role(of: principal.name, actingFor: principal.purpose))
        plain = try warehouse.superuser()
        sights = world.datasets.map { world.sight(of: $0, for: principal, now: 1_700_000_000) }
        try plain.rows("CREATE TEMP TABLE made (n int)")
        for (index, dataset) in world.datasets.enumerated() {
            let columns = dataset.columns.map { "\"\($0.name)\" \($0.type.rawValue)" }.joined(separator: ", ")
            try plain.rows("CREATE TEMP TABLE plain_\(index) (\(columns))")
            if case .rows(let rows, _) = sights[index] {
                try plain.insert(rows, of: dataset, into: "plain_\(index)")
            }
        }
    }

    /// What is wrong with the governed answer; `nil`: nothing.
    func difference(_ query: RandomQuery) -> String? {
        let answer = governed.simple(query.sql(world.datasets.map { "\"\($0.domain)\".\"\($0.name)\"" }))
        var (isRefused, mayRaise) = (false, false)
        for (index, columns) in query.uses {
            switch sights[index] {
            case .denied(let hasExpired):
                isRefused = isRefused || !hasExpired
                mayRaise = true
            case .rows(_, let raising): mayRaise = mayRaise || !raising.isDisjoint(with: columns)
            }
        }
        if case .failure(let failure) = answer {
            return failure.sqlState == "42501" && mayRaise ? nil : "failed with \(failure)"
        }
        if isRefused { return "answered \(answer) without a grant" }
        let expected = plain.simple(query.sql(world.datasets.indices.map { "pg_temp.plain_\($0)" }))
        guard case .rows(let rows) = answer, case .rows(let wanted) = expected else {
            return "the reference says \(expected)"
        }
        // A column that raises may go unread, as may a dataset whose grant expired: then neither adds to the answer.
        let same = query.isOrdered ? rows == wanted : Self.sorted(rows) == Self.sorted(wanted)
        return same ? nil : "answered \(rows), not \(wanted)"
    }

    private static func sorted(_ rows: [[String?]]) -> [[String]] {
        rows.map { $0.map { $0.map { "+\($0)" } ?? "-" } }.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
