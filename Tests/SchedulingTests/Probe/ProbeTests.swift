import Catalog
import JSON
import Testing

@testable import Scheduling

@Suite struct ProbeTests {
    private static let place = SourceQuestion.browse(
        SourcePlace(connection: "files", path: "a", after: "b\u{301}", limit: 7))

    private static let answer = ProbeAnswer.report(
        ConnectionReport(
            checks: [ConnectionCheck(name: "login", isPassed: false, detail: "no")],
            error: RunProblem(code: "source_forbidden", title: "No", detail: "no", hint: "Ask."), elapsedMilliseconds: 3
        ))

    @Test func aQuestionIsAnsweredOnceAndThenForgotten() async throws {
        let control = try await ControlDatabase.make()
        let worker = try await control.worker()
        let id = try await control.queue.ask(Self.place, about: 12, by: 3)
        #expect(try await control.queue.probeState(id) == .waiting(hasWorker: true))
        let claimed = try await control.queue.claimProbes(for: worker, upTo: 5)
        let probe = try #require(claimed.first)
        #expect(claimed.count == 1 && probe.id == id && probe.connectionID == 12 && probe.question == Self.place)
        #expect(probe.patience == ProbeLimits.patience)
        #expect(try await control.queue.claimProbes(for: worker, upTo: 5).isEmpty)
        #expect(try await control.queue.probeState(id) == .claimed)
        try await control.queue.answer(probe, as: worker, Self.answer)
        #expect(try await control.queue.probeState(id) == .answered(Self.answer))
        try await control.queue.closeProbe(id)
        #expect(
            try await control.value("SELECT count(*) FROM sluice.probe WHERE answer IS NULL AND question = '{}'") == "1"
        )
        try await control.advance(61)
        _ = try await control.queue.ask(.test, about: 12, by: 3)
        #expect(try await control.queue.probeState(id) == .gone)
    }

    @Test func nobodyAnswersForAnotherNorTooLate() async throws {
        let control = try await ControlDatabase.make()
        let (first, second) = (try await control.worker(), try await control.worker())
        let id = try await control.queue.ask(.test, about: 1, by: 1)
        let probe = try #require(try await control.queue.claimProbes(for: first, upTo: 1).first)
        try await control.queue.answer(probe, as: second, Self.answer)
        #expect(try await control.queue.probeState(id) == .claimed)
        // Of a worker that has ended it is another's.
        try await control.queue.retire(first)
        #expect(try await control.queue.claimProbes(for: first, upTo: 1).isEmpty)
        let again = try await control.queue.claimProbes(for: second, upTo: 1)
        #expect(again.map(\.id) == [id])
        try await control.queue.answer(probe, as: first, Self.answer)
        #expect(try await control.queue.probeState(id) == .claimed)
        try await control.queue.closeProbe(id)
        try await control.queue.answer(again[0], as: second, Self.answer)
        #expect(try await control.queue.probeState(id) == .claimed)
        // One whose time has passed is nobody's.
        _ = try await control.queue.ask(.test, about: 1, by: 1)
        try await control.advance(30)
        #expect(try await control.queue.claimProbes(for: second, upTo: 1).isEmpty)
    }

    @Test func aWorkerThatIsSilentIsNone() async throws {
        let control = try await ControlDatabase.make()
        let id = try await control.queue.ask(.test, about: 1, by: 1)
        #expect(try await control.queue.probeState(id) == .waiting(hasWorker: false))
        _ = try await control.worker()
        #expect(try await control.queue.probeState(id) == .waiting(hasWorker: true))
        try await control.advance(21)
        #expect(try await control.queue.probeState(id) == .waiting(hasWorker: false))
    }

    @Test func questionsAreBounded() async throws {
        let control = try await ControlDatabase.make()
        func refused(_ principal: Int64) async throws -> Bool {
            do {
                _ = try await control.queue.ask(.test, about: 1, by: principal)
                return false
            } catch let refusal as Refusal {
                #expect(refusal.code == .tooManyRequests)
                return true
            }
        }
        for _ in 0..<ProbeLimits.openOwn { #expect(try await !refused(1)) }
        #expect(try await refused(1))
        // Others may, up to what all may together.
        for principal in 2...Int64(ProbeLimits.open / ProbeLimits.openOwn) {
            for _ in 0..<ProbeLimits.openOwn { #expect(try await !refused(principal)) }
        }
        #expect(try await refused(999))
        // Open ones end with their time; what was asked counts for a minute.
        try await control.advance(21)
        for _ in ProbeLimits.openOwn..<ProbeLimits.rate {
            let id = try await control.queue.ask(.test, about: 1, by: 1)
            try await control.queue.closeProbe(id)
        }
        #expect(try await refused(1))
        #expect(try await !refused(2))
        try await control.advance(61)
        #expect(try await !refused(1))
    }
}
