import Catalog
import JSON
import Postgres
import TestSupport
import Testing

@testable import Scheduling

/// One schedule: a seed's interleaving of what people, workers, leaders and time do to the real SQL of the queue.
///
/// Deterministic: one action after the other, a clock and dice of its own, and every choice from the seed.
final class QueueSimulation {
    private let control: ControlDatabase
    private var random: SeededGenerator
    private var workers: [SimulatedWorker] = []
    private var leaders: [(leader: Leader, state: Leader.State)] = []
    private var warehouse = SimulatedWarehouse()
    private var pipelines: [PipelineRef] = []
    private var now = ControlDatabase.start
    private var runs: Set<RunID> = []
    private var workersMade = 0
    private var lastEpoch: [TaskID: Epoch] = [:]
    private var completed: Set<TaskID> = []
    /// What happened, for whoever looks into a failure.
    private(set) var history: [String] = []

    /// Something that must never be.
    struct Violation: Error, CustomStringConvertible {
        var description: String
    }

    init(seed: UInt64, on control: ControlDatabase) throws {
        self.control = control
        random = SeededGenerator(seed: seed)
        leaders = [(try control.leader(), .init()), (try control.leader(), .init())]
        for id in 1...Int64.random(in: 1...4, using: &random) { pipelines.append(makePipeline(id)) }
    }

    private func makePipeline(_ id: Int64) -> PipelineRef {
        let shapes: [KeyValuePairs<String, [String]>] = [
            ["a": []], ["a": [], "b": ["a"]], ["a": [], "b": [], "c": ["a", "b"]],
            ["a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]],
        ]
        let pool = random.oneIn(2) ? (name: "p", slots: Int.random(in: 1...2, using: &random)) : nil
        return .sample(
            id, domain: 100 + id % 2, steps: shapes.randomElement(using: &random)!,
            attempts: Int.random(in: 1...5, using: &random), pool: pool, maxSeconds: 20, timeoutSeconds: 60)
    }

    /// Runs the whole schedule: a wild time, then calm until everything has ended.
    func run() async throws {
        try await control.reset()
        for _ in 0..<2 { try await addWorker() }
        for _ in 0..<50 {
            try await act()
            try await checkPlaces()
        }
        try await calmDown()
        try await checkEnd()
    }

    // MARK: Wild

    private func act() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<14: try await start()
        case 14..<36: try await claim()
        case 36..<60: try await work()
        case 60..<72: try await advance(Double.random(in: 0...8, using: &random))
        case 72..<74: try await advance(Double.random(in: 60...4000, using: &random))
        case 74..<84: try await lead(Int.random(in: 0...1, using: &random))
        case 84..<86: try await supersededLeader()
        case 86..<92: try await upset()
        case 92..<96: try await people()
        default: try await beat()
        }
    }

    private func start() async throws {
        let pipeline = pipelines.randomElement(using: &random)!
        do {
            runs.insert(try await control.queue.enqueue(pipeline, cause: .test))
            history.append("\(now) enqueue \(pipeline.id)")
        } catch let refusal as Refusal where refusal.code == .conflict {
            // One waits already.
        }
    }

    private func claim() async throws {
        guard let index = workers.indices.randomElement(using: &random), workers[index].life != .dead,
            workers[index].life != .stalled
        else { return }
        try await claim(by: index, upTo: Int.random(in: 1...3, using: &random))
    }

    private func claim(by index: Int, upTo count: Int) async throws {
        for claim in try await control.queue.claim(for: workers[index].id, upTo: count) {
            history.append("\(now) worker \(index) claims task \(claim.task) epoch \(claim.epoch)")
            guard workers[index].life == .live else { throw Violation(description: "a draining worker has claimed") }
            if let last = lastEpoch[claim.task], last >= claim.epoch {
                throw Violation(description: "epoch \(claim.epoch) of task \(claim.task) is not later than \(last)")
            }
            lastEpoch[claim.task] = claim.epoch
            let local = now + workers[index].skew
            workers[index].jobs.append(
                .init(claim: claim, deadline: local + Int64(claim.timeout.components.seconds), hasRaisedFence: false))
        }
    }

    /// One job does one thing.
    private func work() async throws {
        guard let index = workers.indices.filter({ !workers[$0].jobs.isEmpty }).randomElement(using: &random),
            workers[index].life == .live || workers[index].life == .draining,
            let job = workers[index].jobs.indices.randomElement(using: &random)
        else { return }
        try await work(index, job, failing: true)
    }

    private func work(_ index: Int, _ position: Int, failing: Bool) async throws {
        let job = workers[index].jobs[position]
        if job.claim.isCancelRequested { return try await complete(index, position, .cancelled) }
        if !job.hasRaisedFence {
            guard warehouse.raiseFence(job.claim) else {
                return try await complete(index, position, .failed(.test, isRetryable: true))
            }
            workers[index].jobs[position].hasRaisedFence = true
            _ = try await control.queue.started(job.claim, pid: 1)
            return
        }
        if now + workers[index].skew >= job.deadline { return try await complete(index, position, .timedOut) }
        switch failing ? Int.random(in: 0..<12, using: &random) : 11 {
        case 0: try await complete(index, position, .failed(.test, isRetryable: true))
        case 1: try await complete(index, position, .failed(.test, isRetryable: false))
        case 2: try await complete(index, position, .died(how: "signal 9"))
        case 3: try await complete(index, position, .released)
        case 4, 5:
            switch try await control.queue.report(job.claim, Progress(rows: ["read": 1], share: 0.5)) {
            case .held: break
            case .cancelled: try await complete(index, position, .cancelled)
            case .lost: workers[index].jobs.remove(at: position)
            }
        default:
            switch warehouse.commit(job.claim) {
            case .fenced: try await complete(index, position, .failed(.test, isRetryable: true))
            case .done, .wasDone:
                // Killed between the commit and the report: the next attempt finds the result.
                if failing, random.oneIn(6) { return try await complete(index, position, .died(how: "signal 9")) }
                try await complete(index, position, .succeeded(rows: ["written": 1]))
            }
        }
    }

    private func complete(_ index: Int, _ position: Int, _ outcome: Outcome) async throws {
        let claim = workers[index].jobs.remove(at: position).claim
        let isEffective = try await control.queue.complete(claim, outcome)
        history.append("\(now) worker \(index) ends epoch \(claim.epoch) \(outcome): \(isEffective)")
        guard isEffective, case .succeeded = outcome else { return }
        guard completed.insert(claim.task).inserted else {
            throw Violation(description: "task \(claim.task) was completed twice")
        }
        guard lastEpoch[claim.task] == claim.epoch else {
            throw Violation(description: "task \(claim.task) was completed by epoch \(claim.epoch), an earlier one")
        }
    }

    private func upset() async throws {
        guard let index = workers.indices.filter({ workers[$0].life != .dead }).randomElement(using: &random) else {
            return try await addWorker()
        }
        history.append("\(now) worker \(index) was \(workers[index].life)")
        switch Int.random(in: 0..<5, using: &random) {
        case 0: workers[index].life = .dead
        case 1: workers[index].life = .stalled
        case 2 where workers[index].life == .stalled: workers[index].life = .live
        case 3 where workers[index].life == .live:
            workers[index].life = .draining
            try await control.queue.drain(workers[index].id)
        case 4 where workers[index].life == .draining:
            try await control.queue.retire(workers[index].id)
            workers[index].life = .dead
        default: break
        }
        if workers.filter({ $0.life == .live }).count < 2 { try await addWorker() }
    }

    private func people() async throws {
        guard let run = runs.sorted(by: { $0.value < $1.value }).randomElement(using: &random) else { return }
        if random.oneIn(2) {
            let before = try await control.queue.cancel(run, by: "tester")
            history.append("\(now) cancel \(run): \(String(describing: before))")
        } else {
            let retry = try await control.queue.retry(run)
            history.append("\(now) retry \(run): \(String(describing: retry))")
        }
    }

    private func beat() async throws {
        for index in workers.indices where workers[index].life == .live || workers[index].life == .draining {
            guard try await control.queue.heartbeat(workers[index].id) else {
                // Declared lost: it kills its jobs. What they had committed is committed.
                workers[index].jobs = []
                workers[index].life = .dead
                continue
            }
        }
    }

    private func lead(_ index: Int) async throws {
        try await leaders[index].leader.iterate(&leaders[index].state)
    }

    /// A leader that was paused acts by the term it had.
    private func supersededLeader() async throws {
        let term = try #require(try await control.value("SELECT term - 1 FROM sluice.leader"))
        do {
            _ = try await control.query(SQL(unsafe: "SELECT sluice.release_due(\(term)), sluice.declare_lost(\(term))"))
            throw Violation(description: "a leader of the ended term \(term) had an effect")
        } catch let error as PostgresError where error.sqlState == "SL010" {}
    }

    private func addWorker() async throws {
        workersMade += 1
        let id = "00000000-0000-4000-8000-" + String(1_000_000_000_000 + workersMade).dropFirst()
        try await control.queue.register(WorkerIncarnation(id: id, host: "host", slots: 3))
        workers.append(SimulatedWorker(id: id, skew: [0, 0, 3600, -3600].randomElement(using: &random)!))
    }

    private func advance(_ seconds: Double) async throws {
        now = try await control.advance(seconds)
    }

    // MARK: Calm

    /// Nothing fails any more: everything must end.
    private func calmDown() async throws {
        for index in workers.indices where workers[index].life == .stalled {
            workers[index].life = random.oneIn(2) ? .live : .dead
        }
        try await addWorker()
        for _ in 0..<100 {
            try await advance(4)
            try await beat()
            try await lead(0)
            for index in workers.indices where workers[index].life == .live || workers[index].life == .draining {
                if workers[index].life == .live { try await claim(by: index, upTo: 3) }
                while !workers[index].jobs.isEmpty { try await work(index, 0, failing: false) }
            }
            try await checkPlaces()
            let open = try await control.value("SELECT count(*) FROM sluice.run WHERE ended_at IS NULL")
            if open == "0" { return }
        }
        throw Violation(description: "a task is stuck")
    }

    // MARK: What must hold

    private func checkPlaces() async throws {
        let found = try await control.query(
            """
            SELECT 'task ' || t.id || ' is in two places' FROM sluice.task AS t
            LEFT JOIN sluice.ready AS q ON q.task_id = t.id LEFT JOIN sluice.scheduled AS w ON w.task_id = t.id
            LEFT JOIN sluice.lease AS l ON l.task_id = t.id
            WHERE num_nonnulls(q.task_id, w.task_id, l.task_id, t.outcome) > 1
            UNION ALL
            SELECT 'task ' || t.id || ' is in the queue after the end of its run' FROM sluice.task AS t
            JOIN sluice.run AS r ON r.id = t.run_id
            WHERE r.ended_at IS NOT NULL AND t.id IN (
                SELECT task_id FROM sluice.ready UNION ALL SELECT task_id FROM sluice.scheduled
                UNION ALL SELECT task_id FROM sluice.lease)
            UNION ALL
            SELECT 'run ' || r.id || ' is lost: nothing of it is in the queue, and nothing runs before it'
            FROM sluice.run AS r
            WHERE r.ended_at IS NULL AND NOT EXISTS (
                SELECT FROM sluice.task AS t WHERE t.run_id = r.id AND t.id IN (
                    SELECT task_id FROM sluice.ready UNION ALL SELECT task_id FROM sluice.scheduled
                    UNION ALL SELECT task_id FROM sluice.lease))
                AND NOT EXISTS (
                    SELECT FROM sluice.run AS o WHERE o.pipeline_id = r.pipeline_id AND o.state = 'running' AND o.id <> r.id)
            UNION ALL
            SELECT 'pool of domain ' || l.domain_id || ' has ' || count(*) || ' leases' FROM sluice.lease AS l
            WHERE l.pool <> '' GROUP BY l.domain_id, l.pool HAVING count(*) > 2
            UNION ALL
            SELECT 'task ' || t.id || ' began before a step that it waits for' FROM sluice.task AS t
            JOIN sluice.task AS b ON b.run_id = t.run_id AND b.position = ANY (t.after)
            WHERE t.attempt > 0 AND b.outcome IS DISTINCT FROM 'succeeded'
            LIMIT 1
            """)
        if let row = found.first { throw Violation(description: try row.decode(at: 0)) }
    }

    private func checkEnd() async throws {
        let rows = try await control.query(
            """
            SELECT r.id, r.state, array_agg(t.id), array_agg(coalesce(t.outcome, 'none'))
            FROM sluice.run AS r JOIN sluice.task AS t ON t.run_id = r.id GROUP BY r.id
            """)
        guard rows.count == runs.count else { throw Violation(description: "a run is lost") }
        for row in rows {
            let state: String = try row.decode(at: 1)
            let outcomes = zip(try row.decode(at: 2, as: [Int64].self), try row.decode(at: 3, as: [String].self))
            for (task, outcome) in outcomes {
                let hasResult = warehouse.results[TaskID(task)] != nil
                if outcome == "succeeded", !hasResult || !completed.contains(TaskID(task)) {
                    throw Violation(description: "task \(task) succeeded without a result")
                }
                if state == "succeeded", outcome != "succeeded" {
                    throw Violation(description: "a run succeeded with a task that is \(outcome)")
                }
            }
        }
    }
}
