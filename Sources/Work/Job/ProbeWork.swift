internal import Catalog
internal import EventLoop
internal import Ingestion
internal import Scheduling

/// What a job process does for a probe, once it is confined: looks at the source and answers.
struct ProbeWork {
    let assignment: ProbeAssignment
    let group: EventLoopGroup

    func answer() async throws -> ProbeAnswer {
        let probe = SourceProbe(
            assignment.connection.config, with: SourceAccess(secret: assignment.secret, bounds: assignment.bounds),
            group: group)
        switch assignment.question {
        case .test:
            let begin = ContinuousClock.now
            let (checks, failure) = await probe.test()
            return .report(
                ConnectionReport(
                    checks: checks, error: failure.map { RunProblem(JobFailure($0)) },
                    elapsedMilliseconds: (ContinuousClock.now - begin).milliseconds))
        case .browse(let place): return .page(try await probe.page(place))
        case .inspect(let from): return .page(try await probe.inspect(from))
        }
    }
}

extension RunProblem {
    init(_ failure: JobFailure) {
        self.init(
            code: failure.code, title: failure.title, detail: failure.detail, hint: failure.hint, errors: failure.errors
        )
    }
}

extension Duration {
    var milliseconds: Int { Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000) }
}
