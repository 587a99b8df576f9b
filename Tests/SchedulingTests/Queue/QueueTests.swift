import Catalog
import JSON
import Postgres
import Testing

@testable import Scheduling

@Suite struct QueueTests {
    @Test func aRunGoesFromQueuedOverRunningToSucceeded() async throws {
        let control = try await ControlDatabase.make()
        let run = try await control.queue.enqueue(.sample(), cause: .test, parameters: ["day": "2026-11-20"])
        #expect(try await control.state(run) == "queued")
        let worker = try await control.worker()
        let claim = try #require(try await control.queue.claim(for: worker, upTo: 4).first)
        #expect(claim.run == run)
        #expect(claim.attempt == 1)
        #expect(claim.step == "load")
        #expect(claim.parameters == ["day": "2026-11-20"])
        #expect(claim.timeout == .seconds(3600))
        #expect(try await control.state(run) == "running")
        #expect(try await control.queue.started(claim, pid: 4711) == .held)
        #expect(try await control.queue.report(claim, Progress(rows: ["read": 10], share: 0.5)) == .held)
        var document = try await control.document(run)
        #expect(document["steps"]?[0]?["pid"] == 4711)
        #expect(document["rows"]?["read"] == 10)
        #expect(document["progress"]?.doubleValue == 0.5)
        #expect(try await control.queue.complete(claim, .succeeded(rows: ["read": 20, "written": 20])))
        document = try await control.document(run)
        #expect(document["state"] == "succeeded")
        #expect(document["rows"]?["written"] == 20)
        #expect(document["steps"]?[0]?["pid"] == .null)
        #expect(try await control.queue.complete(claim, .succeeded(rows: [:])) == false)
        #expect(try await control.queue.report(claim, Progress(rows: [:])) == .lost)
    }

    @Test func stepsBeginWhenAllBeforeThemHaveSucceeded() async throws {
        let control = try await ControlDatabase.make()
        let run = try await control.queue.enqueue(
            .sample(steps: ["a": [], "b": [], "c": ["a", "b"], "d": ["c"]]), cause: .test)
        let worker = try await control.worker()
        let first = try await control.queue.claim(for: worker, upTo: 9)
        #expect(first.map(\.step).sorted() == ["a", "b"])
        #expect(try await control.queue.complete(first[0], .succeeded(rows: [:])))
        #expect(try await control.queue.claim(for: worker, upTo: 9).isEmpty)
        #expect(try await control.queue.complete(first[1], .succeeded(rows: [:])))
        for step in ["c", "d"] {
            let claims = try await control.queue.claim(for: worker, upTo: 9)
            #expect(claims.map(\.step) == [step])
            #expect(try await control.queue.complete(claims[0], .succeeded(rows: [:])))
        }
        #expect(try await control.state(run) == "succeeded")
    }

    @Test func onePipelineHasOneRunningAndOneWaitingRun() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let first = try await control.queue.enqueue(.sample(), cause: .test)
        await #expect(throws: Refusal.self) { try await control.queue.enqueue(.sample(), cause: .test) }
        let claim = try await control.queue.claim(for: worker, upTo: 9)[0]
        let second = try await control.queue.enqueue(.sample(), cause: .test)
        await #expect(throws: Refusal.self) { try await control.queue.enqueue(.sample(), cause: .test) }
        #expect(try await control.queue.claim(for: worker, upTo: 9).isEmpty)
        #expect(try await control.queue.complete(claim, .failed(.test, isRetryable: false)))
        #expect(try await control.state(first) == "failed")
        #expect(try await control.queue.claim(for: worker, upTo: 9).map(\.run) == [second])
    }

    @Test func aReplayWaitsBesideALoadAndNeitherRunsBesideTheOther() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let replay = PipelineRef.sample(steps: ["load": [], "next": ["load"]]).replaying(.test, step: "load")
        let cause = RunCause.replay(
            dataset: DatasetAddress(domain: "d", name: "n"), filter: .init(rule: "r"), principal: "p", requestID: "q")
        // None runs yet: the second is let in no more than the third.
        let first = try await control.queue.enqueue(replay, cause: cause)
        let second = try await control.queue.enqueue(.sample(), cause: .test)
        await #expect(throws: Refusal.self) { try await control.queue.enqueue(replay, cause: cause) }
        await #expect(throws: Refusal.self) { try await control.queue.enqueue(.sample(), cause: .test) }
        let claims = try await control.queue.claim(for: worker, upTo: 9)
        #expect(claims.map(\.run) == [first])
        #expect(claims.map(\.step) == ["load"])
        #expect(try claims[0].pipeline.replay()?.order == .test)
        #expect(try claims[0].pipeline.replay()?.spec["replay"] == nil)
        let third = try await control.queue.enqueue(replay, cause: cause)
        #expect(try await control.queue.claim(for: worker, upTo: 9).isEmpty)
        #expect(try await control.queue.complete(claims[0], .succeeded(rows: [:])))
        let next = try await control.queue.claim(for: worker, upTo: 9)
        #expect(next.map(\.run) == [second])
        #expect(try next[0].pipeline.replay() == nil)
        #expect(try await control.queue.complete(next[0], .failed(.test, isRetryable: false)))
        #expect(try await control.queue.claim(for: worker, upTo: 9).map(\.run) == [third])
        let document = try #require(try await control.queue.run(third))
        #expect(document.replayedDatasetID == ReplayOrder.test.dataset)
        #expect(try await control.queue.run(second)?.replayedDatasetID == nil)
    }

    @Test func replaysAndLoadsThatComeAtOnceAreLetInOneAfterTheOther() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        for pipeline in 1...20 {
            let load = PipelineRef.sample(Int64(pipeline))
            async let one = control.queue.enqueue(load, cause: .test)
            async let other = control.queue.enqueue(load.replaying(.test, step: "load"), cause: .test)
            let runs = try await Set([one, other])
            for _ in 0..<2 {
                let claims = try await control.queue.claim(for: worker, upTo: 9)
                #expect(claims.count == 1)
                #expect(claims.allSatisfy { runs.contains($0.run) })
                for claim in claims { _ = try await control.queue.complete(claim, .succeeded(rows: [:])) }
            }
        }
    }

    @Test func aRetryableFailureWaitsWithFullJitterAndEndsWithItsAttempts() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let run = try await control.queue.enqueue(.sample(attempts: 3), cause: .test)
        let leader = try await control.lead()
        for attempt in 1...3 {
            try await control.keepAlive(worker, for: 600)
            _ = try await control.query("SELECT sluice.release_due(\(try await control.lead()))")
            let claim = try #require(try await control.queue.claim(for: worker, upTo: 1).first)
            #expect(claim.attempt == attempt)
            #expect(try await control.queue.complete(claim, .failed(.test, isRetryable: true)))
            let delay = try await control.value(
                "SELECT extract(epoch FROM due_at - sluice.queue_now())::float8 BETWEEN 0 AND 4 FROM sluice.scheduled")
            #expect(attempt == 3 ? true : delay == "true")
        }
        _ = leader
        #expect(try await control.state(run) == "failed")
        #expect(try await control.document(run)["error"]?["code"] == "test")
    }

    @Test func aTaskWhoseProcessDiesThreeTimesIsParked() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let run = try await control.queue.enqueue(.sample(), cause: .test)
        for _ in 1...3 {
            try await control.keepAlive(worker, for: 600)
            _ = try await control.query("SELECT sluice.release_due(\(try await control.lead()))")
            let claim = try #require(try await control.queue.claim(for: worker, upTo: 1).first)
            #expect(try await control.queue.complete(claim, .died(how: "signal 9")))
        }
        let document = try await control.document(run)
        #expect(document["state"] == "failed")
        #expect(document["error"]?["code"] == "poisoned")
        #expect(document["steps"]?[0]?["state"] == "poisoned")
        #expect(try await control.queue.retry(run) == .retried)
        #expect(try await control.queue.claim(for: worker, upTo: 1).first?.attempt == 4)
    }

    @Test func cancelEndsWhatIsQueuedAndTellsWhatRuns() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let run = try await control.queue.enqueue(.sample(steps: ["a": [], "b": ["a"]]), cause: .test)
        #expect(try await control.queue.cancel(run, by: "ann") == .queued)
        #expect(try await control.state(run) == "cancelled")
        #expect(try await control.queue.cancel(run, by: "ann") == .cancelled)
        #expect(try await control.queue.retry(run) == .retried)
        let claim = try #require(try await control.queue.claim(for: worker, upTo: 1).first)
        #expect(try await control.queue.cancel(run, by: "ann") == .running)
        #expect(try await control.state(run) == "running")
        #expect(try await control.queue.report(claim, Progress(rows: [:])) == .cancelled)
        #expect(try await control.queue.complete(claim, .cancelled))
        #expect(try await control.state(run) == "cancelled")
        #expect(try await control.queue.cancel(RunID(999), by: "ann") == nil)
    }

    @Test func retryBeginsAtTheFailedStep() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let run = try await control.queue.enqueue(.sample(steps: ["a": [], "b": ["a"], "c": ["b"]]), cause: .test)
        #expect(try await control.queue.retry(run) == .notEnded)
        var claim = try await control.queue.claim(for: worker, upTo: 9)[0]
        #expect(try await control.queue.complete(claim, .succeeded(rows: [:])))
        claim = try await control.queue.claim(for: worker, upTo: 9)[0]
        #expect(try await control.queue.complete(claim, .failed(.test, isRetryable: false)))
        #expect(try await control.document(run)["steps"]?[2]?["state"] == "skipped")
        let other = try await control.queue.enqueue(.sample(), cause: .test)
        #expect(try await control.queue.retry(run) == .pending)
        _ = try await control.queue.cancel(other, by: "ann")
        #expect(try await control.queue.retry(run) == .retried)
        #expect(try await control.queue.claim(for: worker, upTo: 9).map(\.step) == ["b"])
    }

    @Test func aPoolGivesNoMoreLeasesThanItHasSlots() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        for id in 1...5 {
            _ = try await control.queue.enqueue(.sample(Int64(id), pool: ("db", 2)), cause: .test)
        }
        _ = try await control.queue.enqueue(.sample(6, domain: 101, pool: ("db", 1)), cause: .test)
        var held = try await control.queue.claim(for: worker, upTo: 9)
        #expect(held.map(\.pipeline.domainID).sorted() == [100, 100, 101])
        #expect(try await control.queue.claim(for: worker, upTo: 9).isEmpty)
        #expect(try await control.queue.complete(held.removeFirst(), .released))
        #expect(try await control.queue.claim(for: worker, upTo: 9).count == 1)
    }

    @Test func domainsTakeTurns() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        for id in 1...20 { _ = try await control.queue.enqueue(.sample(Int64(id), domain: 100), cause: .test) }
        for id in 21...22 { _ = try await control.queue.enqueue(.sample(Int64(id), domain: 200), cause: .test) }
        let domains = try await control.queue.claim(for: worker, upTo: 4).map(\.pipeline.domainID)
        #expect(domains.sorted() == [100, 100, 200, 200])
        #expect(try await control.queue.claim(for: worker, upTo: 1).map(\.pipeline.domainID) == [100])
    }

    @Test func drainingWorkersClaimNothingAndGiveBackWhatTheyHold() async throws {
        let control = try await ControlDatabase.make()
        let (first, second) = (try await control.worker(), try await control.worker())
        _ = try await control.queue.enqueue(.sample(1), cause: .test)
        _ = try await control.queue.enqueue(.sample(2), cause: .test)
        let claim = try await control.queue.claim(for: first, upTo: 1)[0]
        try await control.queue.drain(first)
        #expect(try await control.queue.claim(for: first, upTo: 1).isEmpty)
        #expect(try await control.queue.heartbeat(first))
        try await control.queue.retire(first)
        #expect(try await control.queue.heartbeat(first) == false)
        #expect(try await control.queue.complete(claim, .succeeded(rows: [:])) == false)
        let claims = try await control.queue.claim(for: second, upTo: 9)
        #expect(claims.map(\.task).contains(claim.task))
        #expect(claims.first { $0.task == claim.task }.map { $0.epoch > claim.epoch } == true)
    }

    @Test func theLogOfARunIsNumberedWithoutGaps() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        _ = try await control.queue.enqueue(.sample(), cause: .test)
        let claim = try await control.queue.claim(for: worker, upTo: 1)[0]
        try await control.queue.log(
            (0..<1200).map { LogLine(.info, "line \($0)\0", fields: ["n": JSONValue($0)]) }, of: claim)
        try await control.queue.log([LogLine(.error, "last")], of: claim)
        #expect(try await control.value("SELECT count(*) FROM sluice.run_log") == "1201")
        #expect(try await control.value("SELECT message FROM sluice.run_log WHERE line = 1201") == "last")
        #expect(try await control.value("SELECT message FROM sluice.run_log WHERE line = 1") == "line 0\u{FFFD}")
    }
}

extension ControlDatabase {
    func state(_ run: RunID) async throws -> String? {
        try await value("SELECT state FROM sluice.run WHERE id = \(run)")
    }

    func document(_ run: RunID) async throws -> JSONValue {
        try JSONValue.parse(try #require(try await value("SELECT body FROM sluice.run_document WHERE id = \(run)")))
    }

    /// The term of the test, which leads.
    func lead() async throws -> Int64 {
        try await query("SELECT term FROM sluice.lead('00000000-0000-0000-0000-000000000001')")[0].decode(at: 0)
    }

    /// Lets time pass, with heartbeats.
    func keepAlive(_ worker: String, for seconds: Double) async throws {
        try await advance(seconds)
        #expect(try await queue.heartbeat(worker))
    }
}
