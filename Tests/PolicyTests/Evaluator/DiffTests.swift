import Access
import TestSupport
import Testing

/// Random changes of random policies: what `access/diff` says beforehand is what the plain reference says the change does,
/// and what each principal then counts in its own login session.
@Suite struct DiffTests {
    static let now = 1_700_000_000.0

    @Test(.timeLimit(.minutes(30))) func everyDifferenceIsThatOfThePlainReference() async throws {
        let warehouse = try await Warehouse.make()
        let (worlds, steps) = Effort.isSoak ? (40, 40) : (3, 10)
        var (cases, differences) = (0, 0)
        for index in 0..<worlds {
            let seed = Effort.seed &+ UInt64(index)
            var maker = RandomWorld(label: "d\(index)", random: SeededGenerator(seed: seed))
            var world = try await warehouse.install(
                maker.make(), label: "d\(index)", tags: maker.tags, groups: maker.groups, purposes: maker.purposes)
            for step in 0..<steps {
                let change = maker.makeChange(of: world)
                let place: Comment = "seed \(seed), step \(step): \(change)\n\(world.rules)"
                let told: AccessDiff
                do {
                    told = try await warehouse.governance.diff(by: Bootstrap.administrator, requestID: "test") {
                        try await change.perform(in: $0)
                    }
                } catch {
                    Issue.record("\(place) cannot be compared: \(String(reflecting: error))")
                    return
                }
                let countsBefore = try Counts(of: world, in: warehouse)
                let next = try await warehouse.make(change, in: world)
                let countsAfter = try Counts(of: next, in: warehouse)

                let expected = Expectation(from: world, to: next)
                let names = Set(world.principals.map(\.name))
                #expect(Expectation(told.entries.filter { names.contains($0.principal) }) == expected, place)
                for (key, side) in expected.sides where key.purpose == nil {
                    let change = (countsAfter.rows[key] ?? 0) - (countsBefore.rows[key] ?? 0)
                    #expect(change == side.gainedRows - side.lostRows, place)
                }
                for (key, count) in countsAfter.rows where expected.sides[key] == nil {
                    #expect(count == countsBefore.rows[key] ?? 0, place)
                }
                cases += world.principals.count * world.datasets.count
                differences += expected.sides.count
                world = next
            }
        }
        #expect(
            cases == worlds * steps * 8 && differences >= worlds * steps / 4,
            "\(cases) cases with \(differences) differences")
    }
}

extension Warehouse {
    /// Makes the change for good; the world after it, with the id of a new grant.
    fileprivate func make(_ step: WorldChange, in world: ReferenceWorld) async throws -> ReferenceWorld {
        guard case .grant(var grant) = step else {
            try await change { try await step.perform(in: $0) }
            return world.after(step)
        }
        let made = grant
        var id: Int64?
        try await change { id = try await $0.make(made) }
        grant.id = id
        return world.after(.grant(grant))
    }
}

private struct Key: Hashable {
    var principal: String
    var purpose: String?
    var dataset: String
}

/// How many rows each principal counts in its own session; 0 where it is refused.
private struct Counts {
    var rows: [Key: Int] = [:]

    init(of world: ReferenceWorld, in warehouse: Warehouse) throws {
        for principal in world.principals {
            let session = try warehouse.session(as: warehouse.role(of: principal.name))
            for dataset in world.datasets {
                let answer = session.simple("SELECT count(*) FROM \"\(dataset.domain)\".\"\(dataset.name)\"")
                guard case .rows(let found) = answer else { continue }
                rows[Key(principal: principal.name, dataset: dataset.address)] = found[0][0].flatMap { Int($0) }
            }
        }
    }
}

private struct Actor: Hashable {
    var name: String
    var purpose: String?
}

extension [ReferenceWorld.Principal] {
    fileprivate func acting(as actor: Actor) -> ReferenceWorld.Principal? {
        first { $0.name == actor.name && $0.purpose == actor.purpose }
            ?? first { $0.name == actor.name && $0.purpose == nil }
    }
}

/// Who gains and loses what, by the reference or as told.
private struct Expectation: Equatable {
    struct Sides: Equatable {
        var gainedColumns: Set<String>
        var lostColumns: Set<String>
        var gainedRows: Int
        var lostRows: Int

        var areEmpty: Bool { gainedColumns.isEmpty && lostColumns.isEmpty && gainedRows == 0 && lostRows == 0 }
    }

    var sides: [Key: Sides] = [:]

    init(from old: ReferenceWorld, to new: ReferenceWorld) {
        let (had, has) = (old.actors(now: DiffTests.now), new.actors(now: DiffTests.now))
        for actor in Set((had + has).map { Actor(name: $0.name, purpose: $0.purpose) }) {
            // Who may not act for a purpose acts for none.
            guard let before = had.acting(as: actor), let after = has.acting(as: actor) else { continue }
            for (was, becomes) in zip(old.datasets, new.datasets) {
                let had = old.outline(of: was, for: before, now: DiffTests.now)
                let has = new.outline(of: becomes, for: after, now: DiffTests.now)
                let sides = Sides(
                    gainedColumns: has.columns(over: had), lostColumns: had.columns(over: has),
                    gainedRows: has.rows.subtracting(had.rows).count,
                    lostRows: had.rows.subtracting(has.rows).count)
                add(sides, Key(principal: actor.name, purpose: actor.purpose, dataset: was.address))
            }
        }
    }

    init(_ entries: [AccessDiff.Entry]) {
        for entry in entries {
            let sides = Sides(
                gainedColumns: Set(entry.gains.columns), lostColumns: Set(entry.loses.columns),
                gainedRows: entry.gains.rows, lostRows: entry.loses.rows)
            add(sides, Key(principal: entry.principal, purpose: entry.purpose, dataset: "\(entry.dataset)"))
        }
    }

    private mutating func add(_ found: Sides, _ key: Key) {
        if !found.areEmpty { sides[key] = found }
    }
}
