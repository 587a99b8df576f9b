internal import Glibc
internal import JSON

/// What doctor looks at through a server's API as the principal of its token.
struct PrincipalCheckup {
    /// Runs that wait longer than this wait for something that does not come.
    private static let maxWait = Duration.seconds(300)
    /// A server is ready before the worker beside it has said that it is there.
    private static let workerPatience = Duration.seconds(3)

    let client: APIClient

    func findings() -> [Finding] { [look("workers", workers), look("runs", runs), look("queue", queue)] }

    private func look(_ check: String, _ body: () throws -> Finding) -> Finding {
        do { return try body() } catch { return .skipped(check, Self.reason(error)) }
    }

    /// What a request was not answered for, as a person reads it.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let problem as ServerProblem: "the server refuses: \(problem.detail)"
        case let failure as CommandFailure: failure.message
        default: "\(error)"
        }
    }

    private func workers() throws -> Finding {
        let giveUp = ContinuousClock.now + Self.workerPatience
        var workers = try client.list("/workers", limit: 1000).items
        var live: [JSONValue] { workers.filter { $0["state"]?.stringValue == "live" } }
        while live.isEmpty, ContinuousClock.now < giveUp {
            usleep(200_000)
            workers = try client.list("/workers", limit: 1000).items
        }
        guard !live.isEmpty else {
            return .fault(
                "workers",
                "no worker is alive, nor came within \(Self.workerPatience.components.seconds) s "
                    + "(\(workers.count) were in the last day)",
                why: "Runs are queued, and nobody does them.",
                remedy: "sluice worker --data-dir DIR, or serve with --worker-slots 2")
        }
        return .ok("workers", "\(Wording.count(live.count, "worker")) live")
    }

    /// Of each pipeline the latest run that has ended.
    private func runs() throws -> Finding {
        var seen: Set<String> = []
        let latest = try client.list("/runs", limit: 500).items.filter { run in
            RunReport(run).hasEnded && seen.insert(run["pipeline"]?.stringValue ?? "").inserted
        }
        let failed = latest.filter { RunReport($0).state == "failed" }
        guard let first = failed.first else { return .ok("runs", "no pipeline's last run failed") }
        let id = RunReport(first).id
        let parked = failed.filter { run in
            (run["steps"]?.arrayValue ?? []).contains { $0["state"]?.stringValue == "poisoned" }
        }
        let names = failed.prefix(5).compactMap { $0["pipeline"]?.stringValue }.joined(separator: ", ")
        return .fault(
            "runs",
            "the last run failed of \(names)" + (failed.count > 5 ? " and \(failed.count - 5) more" : "")
                + (parked.isEmpty ? "" : "; \(parked.count) parked as poisoned"),
            why: first["error"]?["detail"]?.stringValue ?? first["error"]?["title"]?.stringValue ?? "Its log says why.",
            remedy: "sluice logs \(id); when the cause is gone: sluice runs retry \(id)")
    }

    private func queue() throws -> Finding {
        let queued = try client.list("/runs", ["state": "queued"], limit: 1000).items
        let now = Moment(secondsSince1970: Int64(time(nil)))
        let stuck = queued.filter { run in Moment(run["createdAt"]).map { now - $0 > Self.maxWait } ?? false }
        guard let oldest = stuck.last else { return .ok("queue", "\(Wording.count(queued.count, "run")) wait") }
        let id = RunReport(oldest).id
        return .fault(
            "queue",
            "\(Wording.count(stuck.count, "run")) wait for more than \(Wording.duration(Self.maxWait)), run \(id) longest",
            why: "Every worker is busy, none is alive, or a pool is full.",
            remedy: "sluice runs --state running; more workers: sluice worker --worker-slots 4")
    }
}
