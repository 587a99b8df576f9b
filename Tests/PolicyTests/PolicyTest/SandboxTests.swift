import Catalog
import Postgres
import TestSupport
import Testing

@testable import Access

/// Random changes of random policies: what a policy test finds before the commit, inside the transaction of the change, is
/// what the same statement finds after it, in the principal's own login session.
@Suite struct SandboxTests {
    @Test(.timeLimit(.minutes(30))) func whatIsFoundBeforeTheCommitIsWhatIsFoundAfterIt() async throws {
        let warehouse = try await Warehouse.make()
        let (worlds, steps) = Effort.isSoak ? (30, 30) : (2, 4)
        var (cases, refused) = (0, 0)
        for index in 0..<worlds {
            let seed = Effort.seed &+ UInt64(index)
            var maker = RandomWorld(label: "s\(index)", random: SeededGenerator(seed: seed))
            var world = try await warehouse.install(
                maker.make(), label: "s\(index)", tags: maker.tags, groups: maker.groups, purposes: maker.purposes)
            for step in 0..<steps {
                let change = maker.makeChange(of: world)
                let tests = Self.tests(of: world, becoming: world.after(change), purposes: maker.purposes)
                var before: [Found] = []
                var made: Int64?
                _ = try await warehouse.governance.change(
                    by: Bootstrap.administrator, requestID: "test", requiresConditions: false,
                    verify: { change, _ in
                        for test in tests { before.append(try await Found(test, before: change)) }
                    },
                    {
                        guard case .grant(let grant) = change else { return try await change.perform(in: $0) }
                        made = try await $0.make(grant)
                    })
                while try await warehouse.governance.fillStoredMasks() {}
                if case .grant(var grant) = change {
                    grant.id = made
                    world = world.after(.grant(grant))
                } else {
                    world = world.after(change)
                }
                for (test, before) in zip(tests, before) {
                    let after = try await Found(test, after: warehouse)
                    #expect(before == after, "seed \(seed), step \(step): \(change)\n\(test)\n\(world.rules)")
                    cases += 1
                    if case .refused = after { refused += 1 }
                }
            }
        }
        #expect(
            cases >= worlds * steps * 20 && refused > cases / 20 && refused < cases * 19 / 20, "\(refused) of \(cases)")
    }

    /// One per principal, purpose, dataset and column.
    private static func tests(
        of world: ReferenceWorld, becoming next: ReferenceWorld, purposes: [String]
    ) -> [PolicyTest] {
        var tests: [PolicyTest] = []
        for principal in world.principals {
            for purpose in [nil] + purposes {
                for dataset in world.datasets {
                    // What stored masks show is not there before the commit: their columns are filled behind it.
                    let hidden = world.hasStoredMask(on: dataset) || next.hasStoredMask(on: dataset)
                    for column in dataset.columns where !hidden {
                        tests.append(
                            PolicyTest(
                                id: 0, name: "t", principal: principal.name, purpose: purpose,
                                query: "TABLE \"\(dataset.domain)\".\"\(dataset.name)\"",
                                expectation: .matches(column: column.name, pattern: "^.{0,4}$|1")))
                    }
                }
            }
        }
        return tests
    }
}

private enum Found: Equatable {
    case counted([String])
    case refused(String)

    init(_ test: PolicyTest, before change: Change) async throws {
        do {
            let sandbox = try await PolicyTestSandbox(in: change, principal: test.principal, purpose: test.purpose)
            do throws(PostgresError) {
                let found: PolicyTestExpectation.Finding
                do { found = try await sandbox.find(test) } catch let error as PostgresError { throw error } catch {
                    preconditionFailure("\(error)")
                }
                guard case .counted(let rows, let values, let others) = found else {
                    preconditionFailure("a sandbox counts")
                }
                self = .counted(["\(rows)", "\(values)", "\(others)"])
            } catch {
                self = .refused(error.sqlState ?? "")
            }
            try await sandbox.leave()
        } catch let refusal as Refusal {
            self = .refused(refusal.code.rawValue)
        }
    }

    init(_ test: PolicyTest, after warehouse: Warehouse) async throws {
        if let purpose = test.purpose {
            do {
                try await warehouse.act(as: test.principal, for: purpose)
            } catch let refusal as Refusal {
                self = .refused(refusal.code.rawValue)
                return
            }
        }
        let session = try warehouse.session(as: warehouse.role(of: test.principal, actingFor: test.purpose))
        switch session.simple(try test.statement().text) {
        case .rows(let rows): self = .counted(rows[0].compactMap(\.self))
        case .failure(let failure): self = .refused(failure.sqlState)
        }
    }
}

extension ReferenceWorld {
    fileprivate func hasStoredMask(on dataset: Dataset) -> Bool {
        masks.contains { mask in
            switch mask.mask {
            case .token, .sha256: break
            default: return false
            }
            switch mask.target {
            case .tag: return true
            case .column(let address, _): return address == dataset.address
            default: return false
            }
        }
    }
}
