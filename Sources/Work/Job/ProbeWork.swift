internal import Catalog
internal import EventLoop
internal import Ingestion
internal import Scheduling

/// What a job process does for a probe, once it is confined: looks at the source and answers.
struct ProbeWork {
    let assignment: ProbeAssignment
    let group: EventLoopGroup

    func answer() async throws -> ProbeAnswer {
        let probe = SourceProbe(access, group: group)
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

    private var access: SourceProbe.Access {
        let bounds = assignment.bounds
        return switch assignment.connection.config {
        case .file(let folder):
            .file(roots: bounds.fileRoots, folder: bounds.place(folder.path), declared: folder.path)
        case .postgres(let server):
            .postgres(server, password: assignment.secret?["password"], bounds.addressPolicy)
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
