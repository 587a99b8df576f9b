import Synchronization
import TestSupport

/// What all sessions of a run share.
final class AdversaryRun: Sendable {
    struct Tally: Sendable {
        var statements = 0
        var right = 0
        var retries = 0
        var refused = 0
        var wrong: [String] = []
    }

    let log: PolicyLog
    let limit: Int
    /// Seconds since 1970.
    let deadline: Double
    private let tally = Mutex(Tally())
    private let stopped = Atomic<Bool>(false)

    init(log: PolicyLog, limit: Int, deadline: Double) {
        self.log = log
        self.limit = limit
        self.deadline = deadline
    }

    var result: Tally { tally.withLock { $0 } }

    /// Whether to go on: not after enough statements, enough time, or a few wrong answers.
    var goesOn: Bool {
        !stopped.load(ordering: .relaxed) && wallClock() < deadline
            && tally.withLock { $0.statements < limit && $0.wrong.count < 5 }
    }

    func stop() { stopped.store(true, ordering: .relaxed) }

    func count(_ verdict: Judge.Verdict) {
        tally.withLock { tally in
            tally.statements += 1
            switch verdict {
            case .right: tally.right += 1
            case .retry: tally.retries += 1
            case .refused: tally.refused += 1
            case .wrong(let text): tally.wrong.append(text)
            }
        }
    }
}

/// One principal at one connection, trying everything that could show it an older policy.
struct AdversarySession {
    let run: AdversaryRun
    let connect: () throws -> RawSession
    let addresses: [String]
    /// On a standby the versions it may follow are those that it has replayed.
    let isStandby: Bool
    private var raw: RawSession
    private var judge: Judge
    private var random: SeededGenerator
    private var prepared: Set<String> = []

    init(
        _ run: AdversaryRun, principal: String, addresses: [String], isStandby: Bool, seed: UInt64,
        connect: @escaping () throws -> RawSession
    ) throws {
        self.run = run
        self.connect = connect
        self.addresses = addresses
        self.isStandby = isStandby
        judge = Judge(log: run.log, principal: principal)
        random = SeededGenerator(seed: seed)
        raw = try connect()
        try setUp()
    }

    /// A standby ends any session that is in its way, a new one too.
    private mutating func reconnect() throws {
        for attempt in 1... {
            do {
                raw = try connect()
                return try setUp()
            } catch let failure as RawSession.Failure {
                guard isStandby, attempt < 20 else { throw failure }
            }
        }
    }

    private mutating func setUp() throws {
        prepared = []
        let mode = random.pick(["auto", "force_generic_plan", "force_generic_plan", "force_custom_plan"])
        try raw.rows("SET plan_cache_mode = \(mode)")
        if random.chance(20) { try raw.rows("SET force_parallel_mode = on") }
    }

    mutating func work() throws {
        while run.goesOn {
            if !raw.isOpen || random.chance(1), random.chance(20) || !raw.isOpen {
                try reconnect()
            }
            if random.chance(25) { transaction() } else { _ = statement() }
        }
    }

    /// Several statements in one transaction, under one snapshot or many.
    private mutating func transaction() {
        let levels = ["READ COMMITTED", "REPEATABLE READ"] + (isStandby ? [] : ["SERIALIZABLE"])
        let begun = began().version
        guard case .rows = raw.simple("BEGIN ISOLATION LEVEL \(random.pick(levels))") else { return }
        for _ in 0..<random.int(1...5) where raw.isOpen {
            guard statement(inTransactionSince: begun) else { break }
        }
        if raw.isOpen { _ = raw.simple(random.chance(50) ? "COMMIT" : "ROLLBACK") }
    }

    /// Whether the transaction goes on.
    ///
    /// - Parameter begun: The version of when its transaction began; `nil`: it is one of its own.
    private mutating func statement(inTransactionSince begun: Int? = nil) -> Bool {
        let inTransaction = begun != nil
        let index = random.int(0...(Shape.all.count - 1))
        let shape = Shape.all[index]
        let datasets = (0..<shape.datasets).map { _ in random.int(0...(addresses.count - 1)) }
        let sql = shape.sql(datasets.map { addresses[$0] })
        let name = "s\(index)_\(datasets.map(String.init).joined(separator: "_"))"
        switch random.int(0...9) {
        case 0, 1: return ask(shape, datasets) { $0.simple(sql) }
        case 2: return ask(shape, datasets) { $0.extended(sql) }
        case 6: return ask(shape, datasets) { $0.copy(sql) }
        case 3 where inTransaction: return cursor(shape, datasets, sql)
        case 4 where !inTransaction: return heldCursor(shape, datasets, sql)
        case 5 where prepared.count < 30:
            return execute(shape, datasets, "q" + name, "PREPARE q\(name) AS \(sql)", begun)
        default:
            if !prepared.contains(name) {
                guard prepared.count < 60 else { return ask(shape, datasets) { $0.simple(sql) } }
                let moment = began()
                if case .failure(let failure) = raw.prepare(name, sql) {
                    return settle(.failure(failure), shape, datasets, moment)
                }
                prepared.insert(name)
            }
            return ask(shape, datasets, cachedIn: begun) { $0.execute(name) }
        }
    }

    /// A statement prepared in SQL.
    private mutating func execute(
        _ shape: Shape, _ datasets: [Int], _ name: String, _ prepare: String, _ begun: Int?
    ) -> Bool {
        if !prepared.contains(name) {
            let moment = began()
            if case .failure(let failure) = raw.simple(prepare) {
                return settle(.failure(failure), shape, datasets, moment)
            }
            prepared.insert(name)
        }
        return ask(shape, datasets, cachedIn: begun) { $0.simple("EXECUTE \(name)") }
    }

    /// Planned when declared, run when first fetched from.
    private mutating func cursor(_ shape: Shape, _ datasets: [Int], _ sql: String) -> Bool {
        let declared = began()
        let answer = raw.simple("DECLARE c CURSOR FOR \(sql)")
        if case .failure = answer { return settle(answer, shape, datasets, declared) }
        if random.chance(30) { _ = raw.simple("SELECT count(*) FROM generate_series(1, 20000)") }
        let goesOn = ask(shape, datasets, planned: declared) { $0.simple("FETCH ALL FROM c") }
        if goesOn { _ = raw.simple("CLOSE c") }
        return goesOn
    }

    /// Planned when declared, run when its transaction commits, read afterwards.
    private mutating func heldCursor(_ shape: Shape, _ datasets: [Int], _ sql: String) -> Bool {
        guard case .rows = raw.simple("BEGIN") else { return false }
        let declared = began()
        let answer = raw.simple("DECLARE h CURSOR WITH HOLD FOR \(sql)")
        if case .failure = answer {
            _ = raw.simple("ROLLBACK")
            return settle(answer, shape, datasets, declared)
        }
        let goesOn = ask(shape, datasets, planned: declared) { raw in
            let end = raw.simple("COMMIT")
            if case .failure = end { return end }
            return raw.simple("FETCH ALL FROM h")
        }
        _ = raw.simple("CLOSE h")
        return goesOn
    }

    /// The first version a statement that begins now may follow, and the clock.
    private func began() -> (version: Int, clock: Double) {
        guard isStandby else { return (run.log.completed, wallClock()) }
        let rows = try? raw.rows("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn")
        let position = rows?.first?.first.flatMap { $0 }.flatMap { UInt64($0) } ?? 0
        return (run.log.completed(at: position), wallClock())
    }

    /// Runs and judges a statement.
    ///
    /// - Parameters:
    ///   - planned: When its planning began, if earlier: the policy of then may have refused it.
    ///   - cachedIn: The first version under which a plan that is used again may have been made.
    private mutating func ask(
        _ shape: Shape, _ datasets: [Int], planned: (version: Int, clock: Double)? = nil, cachedIn: Int? = nil,
        _ body: (RawSession) -> RawSession.Answer
    ) -> Bool {
        let moment = began()
        return settle(body(raw), shape, datasets, moment, planned: planned, cachedIn: cachedIn)
    }

    private mutating func settle(
        _ answer: RawSession.Answer, _ shape: Shape, _ datasets: [Int], _ began: (version: Int, clock: Double),
        planned: (version: Int, clock: Double)? = nil, cachedIn: Int? = nil
    ) -> Bool {
        let ended = run.log.started
        // A standby ends sessions, or what they do between two answers, when they stand in the way of what it replays.
        if isStandby, !raw.isOpen || answer.isInFailedTransaction {
            run.count(.retry)
            return false
        }
        let isFailure = if case .failure = answer { true } else { false }
        let clock = isFailure ? planned?.clock ?? began.clock : began.clock
        let moment = Judge.Moment(
            versions: began.version...max(began.version, ended), clock: clock...max(clock, wallClock()),
            plannedIn: min(began.version, planned?.version ?? cachedIn ?? began.version),
            refusedSince: min(began.version, planned?.version ?? began.version))
        run.count(judge.judge(answer, shape, on: datasets, moment))
        return !isFailure
    }
}

extension RawSession.Answer {
    fileprivate var isInFailedTransaction: Bool {
        if case .failure(let failure) = self { failure.sqlState == "25P02" } else { false }
    }
}
