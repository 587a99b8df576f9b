import Access
import Catalog
import EventLoop
import HTTPServer
import JSON
import Scheduling

extension Platform {
    /// Has a worker answer a question about a connection.
    ///
    /// It looks for the answer in the database: any server may ask, and a worker of any machine may answer.
    ///
    /// - Throws: `no_worker`, `timeout`, `too_many_requests`, and what the worker says instead of an answer.
    func answer(
        to question: SourceQuestion, about connection: ProbedConnection, for caller: Caller
    ) async throws -> ProbeAnswer {
        let begin = ContinuousClock.now
        let probe = try await queue.ask(question, about: connection.id, by: caller.principalID)
        do {
            let answer = try await wait(for: probe, since: begin)
            close(probe)
            if case .problem(let problem) = answer { throw Problem(ofSource: problem) }
            return answer
        } catch {
            close(probe)
            throw error
        }
    }

    private func wait(for probe: Int64, since begin: ContinuousClock.Instant) async throws -> ProbeAnswer {
        guard let loop = EventLoop.current else { throw Refusal(.internalError, "a request is on no loop") }
        var pause = Duration.milliseconds(15)
        while true {
            try await loop.sleep(for: pause)
            pause = min(pause * 3 / 2, .milliseconds(200))
            let elapsed = ContinuousClock.now - begin
            switch try await queue.probeState(probe) {
            case .answered(let answer): return answer
            case .waiting(let hasWorker):
                if !hasWorker, elapsed > ProbeLimits.workerPatience {
                    throw Refusal(
                        .noWorker, "no worker is running, and only a worker's job process looks at a source",
                        hint: "An operator starts sluice worker, or serve with --worker-slots above 0.")
                }
                if elapsed > ProbeLimits.patience {
                    throw Refusal(
                        .noWorker, "no worker took the question up within \(ProbeLimits.patience.components.seconds) s",
                        hint: "The workers' slots for questions are busy, or they are of an older version: retry later."
                    )
                }
            case .claimed:
                if elapsed > ProbeLimits.patience {
                    throw Refusal(
                        .timeout, "the worker has not answered within \(ProbeLimits.patience.components.seconds) s",
                        hint: "Retry in a moment.")
                }
            case .gone: throw Refusal(.storeUnavailable, "the question was lost", hint: "Retry in a moment.")
            }
        }
    }

    /// In a task of its own: the request's is cancelled when the client has gone.
    private func close(_ probe: Int64) {
        EventLoop.current?.spawn { [queue] in
            // One that is left open ends with its deadline.
            do { try await queue.closeProbe(probe) } catch {}
        }
    }
}

extension Problem {
    /// What a worker says instead of an answer: what is wrong with the source, or with the platform.
    init(ofSource problem: RunProblem) {
        let status =
            switch problem.code {
            case "source_unavailable", "job_died": 503
            default: RefusalCode(rawValue: problem.code)?.status ?? 422
            }
        self.init(
            Status(status), problem.code, problem.title, detail: problem.detail, hint: problem.hint,
            errors: problem.errors.compactMap { error in
                guard let pointer = error["pointer"]?.stringValue, let detail = error["detail"]?.stringValue else {
                    return nil
                }
                return Complaint(pointer: pointer, detail: detail)
            })
        if status == 503 || status == 429 { fields["Retry-After"] = "1" }
    }
}
