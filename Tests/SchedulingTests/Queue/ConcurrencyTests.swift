import EventLoop
import JSON
import TestSupport
import Testing

@testable import Scheduling

/// Sessions that really run at once, which the simulation's do not.
@Suite(.timeLimit(.minutes(2))) struct ConcurrencyTests {
    @Test func manyClaimersGetEachTaskOnceAndRunsEnd() async throws {
        let control = try await ControlDatabase.make()
        let group = try TestLoops.group()
        let pipelines: [PipelineRef] = (1...60).map { id in
            .sample(
                id, domain: 100 + id % 3, steps: ["a": [], "b": [], "c": ["a", "b"]],
                pool: id % 4 == 0 ? (name: "p", slots: 2) : nil)
        }
        for pipeline in pipelines { _ = try await control.queue.enqueue(pipeline, cause: .test) }
        let epochs = try await withThrowingTaskGroup(of: [(TaskID, Epoch)].self) { claimers in
            for number in 0..<8 {
                let loop = group.loops[number % group.loops.count]
                claimers.addTask {
                    try await TestLoops.run(on: loop) {
                        var taken: [(TaskID, Epoch)] = []
                        let worker = try await control.worker()
                        while try await control.value("SELECT count(*) FROM sluice.run WHERE ended_at IS NULL") != "0" {
                            for claim in try await control.queue.claim(for: worker, upTo: 3) {
                                taken.append((claim.task, claim.epoch))
                                #expect(try await control.queue.started(claim, pid: 1) == .held)
                                #expect(try await control.queue.complete(claim, .succeeded(rows: ["written": 1])))
                            }
                        }
                        return taken
                    }
                }
            }
            return try await claimers.reduce(into: []) { $0 += $1 }
        }
        #expect(epochs.count == 180)
        #expect(Set(epochs.map(\.0)).count == 180)
        #expect(Set(epochs.map(\.1)).count == 180)
        #expect(try await control.value("SELECT count(*) FROM sluice.run WHERE state = 'succeeded'") == "60")
        #expect(try await control.value("SELECT count(*) FROM sluice.attempt") == "180")
    }
}
