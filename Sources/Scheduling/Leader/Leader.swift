public import EventLoop
import Postgres
import Store

/// What only one server does at a time: takes the work of dead workers away, moves what is due, fires schedules, numbers
/// data events, drops what is old. Every server runs one; the row `sluice.leader` says whose turn it is, by the database's clock.
///
/// Each duty checks the term inside its own transaction, so a server that was paused between a decision and its write
/// has no effect. An iteration takes about a second and does a bounded amount; what is left over waits for the next.
public struct Leader: Sendable {
    /// How long logs and attempts are kept, how long runs, and how long data events.
    public struct Retention: Sendable {
        /// Log lines and attempts, in days.
        public var logDays = 14
        /// Runs with their tasks, in days after their end.
        public var runDays = 90
        /// Data events.
        public var eventDays = 14

        public init() {}
    }

    static let interval = Duration.milliseconds(1000)
    /// The most leases taken away, thousands of due tasks moved, or schedules fired in one iteration.
    static let batch = 100
    static let retentionInterval: Int64 = 600

    let queue: Queue
    /// Of this life of the server: a UUID.
    let id: String
    let loop: EventLoop
    let retention: Retention
    let report: @Sendable (LeaderEvent) -> Void

    /// - Parameter report: Told of everything worth a line in the server's log.
    public init(
        _ queue: Queue, on loop: EventLoop, retention: Retention = Retention(),
        report: @escaping @Sendable (LeaderEvent) -> Void
    ) {
        self.queue = queue
        self.loop = loop
        self.retention = retention
        self.report = report
        id = WorkerIncarnation(host: "", slots: 0).id
    }

    /// What a server remembers between iterations; gone with the leadership.
    struct State {
        var term: Int64?
        var schedules = ScheduleBook()
        /// When `retain` ran last, by the database's clock.
        var retainedAt: Int64?
        /// Whether an iteration left something over.
        var hasMore = false
    }

    /// Leads whenever it can, until the task is cancelled; then lets another one lead at once.
    public func run() async {
        var state = State()
        while !Task.isCancelled {
            do {
                try await iterate(&state)
            } catch {
                state.hasMore = false
                if !Task.isCancelled { report(.failed(error)) }
            }
            // A little out of step with the other servers.
            let pause = state.hasMore ? .zero : Self.interval * Double.random(in: 0.9...1.1)
            guard (try? await loop.sleep(for: pause)) != nil else { break }
        }
        await loop.spawn { await resign() }.value
    }

    /// Leads once, if it can.
    func iterate(_ state: inout State) async throws {
        state.hasMore = false
        guard let (term, now) = try await lead() else {
            if state.term != nil { report(.ended) }
            state = State()
            return
        }
        if state.term != term {
            state = State(term: term)
            report(.leads(term: term))
        }
        try await rescue(term)
        state.hasMore = try await moveDue(term)
        try await finishCancels(term)
        if try await fireSchedules(&state.schedules, term, now) { state.hasMore = true }
        if try await numberEvents(term) { state.hasMore = true }
        if state.retainedAt.map({ $0 + Self.retentionInterval <= now.seconds }) ?? true {
            _ = try await call(
                "SELECT sluice.retain(\(term), \(Int32(retention.logDays)), \(Int32(retention.runDays)))")
            // Those that a server left when it died; otherwise the next question removes them.
            _ = try await call("DELETE FROM sluice.probe WHERE asked_at < sluice.queue_now() - interval '1 minute'")
            try await retainWarehouse(term)
            state.retainedAt = now.seconds
        }
    }

    private func lead() async throws -> (term: Int64, now: UnixTime)? {
        let row = try await call("SELECT term, floor(extract(epoch FROM at))::bigint FROM sluice.lead(\(id)::uuid)")[0]
        guard let term = try row.decode(at: 0, as: Int64?.self) else { return nil }
        return (term, UnixTime(try row.decode(at: 1)))
    }

    private func resign() async {
        do {
            _ = try await call("UPDATE sluice.leader SET renewed_at = '-infinity' WHERE holder = \(id)::uuid")
        } catch {
            // Then its successor waits for the 5 s that a leadership lasts.
        }
    }

    private func rescue(_ term: Int64) async throws {
        for row in try await call("SELECT sluice.declare_lost(\(term))::text") {
            report(.lostWorker(id: try row.decode(at: 0)))
        }
        for row in try await call("SELECT sluice.rescuable()") {
            let epoch: Int64 = try row.decode(at: 0)
            let rescued = try await call("SELECT sluice.rescue(\(term), \(epoch))")[0].decode(at: 0, as: String?.self)
            if let rescued { report(.rescued(Epoch(epoch), why: rescued)) }
            queue.wakeWorkers()
        }
    }

    /// Returns whether more is due.
    private func moveDue(_ term: Int64) async throws -> Bool {
        for _ in 0..<Self.batch {
            let moved: Int64 = try await call("SELECT sluice.release_due(\(term))")[0].decode(at: 0)
            if moved > 0 { queue.wakeWorkers() }
            if moved < 1000 { return false }
        }
        return true
    }

    private func finishCancels(_ term: Int64) async throws {
        for _ in 0..<Self.batch {
            guard try await call("SELECT sluice.finish_cancels(\(term))")[0].decode(at: 0, as: Int64.self) > 0 else {
                return
            }
        }
    }

    func call(_ sql: SQL) async throws -> [Row] {
        try await queue.sessions.withServerSession(.control) { connection in try await connection.query(sql) }
    }
}

/// Something a leader did, for the log.
public enum LeaderEvent: Sendable {
    case leads(term: Int64)
    case ended
    /// A worker was silent for 20 s.
    case lostWorker(id: String)
    /// A lease was taken away: its worker was `lost`, or let it run beyond its time (`timed_out`).
    case rescued(Epoch, why: String)
    /// A schedule caused this run, or was taken in by it because it had not begun.
    case fired(pipeline: String, RunID, nominalTime: UnixTime, isCatchUp: Bool)
    /// A schedule cannot be read, so it never fires until the pipeline is changed.
    case unreadableSchedule(pipeline: String, String)
    /// An iteration failed; it is tried again.
    case failed(any Error)
}
