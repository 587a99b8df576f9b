import JSON
import Postgres
import Store

extension Queue {
    /// Notes the job process of an attempt.
    public func started(_ claim: Claim, pid: Int32) async throws -> LeaseState {
        try await report(claim.epoch, pid: pid, progress: nil)
    }

    /// Notes how far an attempt is, and answers what has become of the lease: about once a second for each job process.
    public func report(_ claim: Claim, _ progress: Progress) async throws -> LeaseState {
        let share = progress.share.map { JSONValue(min(max($0, 0), 1)) } ?? .null
        return try await report(claim.epoch, pid: nil, progress: ["rows": progress.rows, "share": share])
    }

    private func report(_ epoch: Epoch, pid: Int32?, progress: JSONValue?) async throws -> LeaseState {
        let rows = try await sessions.withServerSession(.control) { connection in
            try await connection.query(
                "SELECT sluice.report(\(epoch.value), \(pid), \(progress.map { JSONText($0.text) }))")
        }
        return try LeaseState(rawValue: rows[0].decode(at: 0)) ?? .lost
    }

    /// Ends an attempt, by its epoch. `false`: the lease is gone, and nothing has changed.
    ///
    /// May be repeated after an error of the connection: the second time it is without effect.
    public func complete(_ claim: Claim, _ outcome: Outcome) async throws -> Bool {
        let settled = Settlement(outcome)
        let rows = try await sessions.withServerSession(.control) { connection in
            try await connection.query(
                """
                SELECT sluice.settle(\(claim.epoch.value), \(settled.result), \(settled.rows.map { JSONText($0.text) }),
                    \(settled.problem.map { JSONText($0.text) }), \(settled.isRetryable))
                """)
        }
        // Steps that waited for this one, or the pipeline's next run, may have become ready.
        wakeWorkers()
        return try rows[0].decode(at: 0)
    }
}

/// An outcome as `sluice.settle` takes it.
private struct Settlement {
    var result: String
    var rows: JSONValue?
    var problem: JSONValue?
    var isRetryable = false

    init(_ outcome: Outcome) {
        switch outcome {
        case .succeeded(let rows):
            result = "succeeded"
            self.rows = rows
        case .failed(let problem, let isRetryable):
            result = "failed"
            self.problem = problem.json
            self.isRetryable = isRetryable
        case .timedOut: result = "timed_out"
        case .cancelled: result = "cancelled"
        case .released: result = "released"
        case .died(let how):
            result = "died"
            problem =
                RunProblem(
                    .jobDied, detail: how, hint: "Look at the run's log and at the memory of the machine."
                ).json
        }
    }
}
