public import EventLoop

/// One session that many callers on a loop share for short reads, without waiting for each other's answers.
///
/// Every statement is prepared once and kept. What callers ask for during one tick of the loop, or while the answer to
/// what was asked before is under way, is sent together with one synchronisation point, so it is one implicit
/// transaction: **for statements that only read**. When one of them fails, the server skips the others of that batch;
/// each of these is sent again, once, by itself.
///
/// A statement that does not answer within `timeout` ends the session, and everything in it fails: what may take long
/// belongs on a `Connection` of its own.
///
/// Its reading task keeps it until `close()`.
public actor Pipeline {
    /// The bounds of a pipelined session.
    public struct Configuration: Sendable {
        /// The longest a statement may take, those ahead of it included.
        public var timeout: Duration = .seconds(10)
        /// Bytes one result may take in memory, at most 1 GiB; more is `.resultTooLarge`.
        public var maxResultBytes = 4 << 20
        /// Statements kept prepared, at least 1.
        public var preparedStatements = 256
        /// Statements sent and not answered; more is `.saturated`.
        public var maxInFlight = 1024
        /// Whether rows are taken from the server one by one, so that of a result over `maxResultBytes` no more than
        /// that is ever held. Costs an allocation and a copy a row: `false` is for statements that give a row or none.
        public var takesRowsSingly = true

        public init() {}
    }

    public nonisolated let loop: EventLoop
    public nonisolated let configuration: Configuration
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var link: Link?
    var statements: StatementCache
    /// What was sent and not answered, in order.
    var sent = Fifo<Step>()
    /// Rows of the statement that is being answered.
    var rows = RowSet.Builder()
    var verdict = Verdict.good
    /// Skipped by the server because of an earlier failure; sent again after the batch.
    var skipped: [Execution] = []
    /// Statements no longer used, until the server has been told.
    var abandoned: [Statement] = []
    /// Synchronisation points sent and not answered.
    private var batchesOut = 0
    private var endsTick = false
    /// Something was sent since the last synchronisation point.
    private(set) var isBatchOpen = false
    private var isWriting = false
    private var isWatched = false

    private init(loop: EventLoop, configuration: Configuration) {
        precondition((0...(1 << 30)).contains(configuration.maxResultBytes), "maxResultBytes is at most 1 GiB")
        precondition(configuration.preparedStatements > 0, "a pipeline runs prepared statements only")
        self.loop = loop
        self.configuration = configuration
        statements = StatementCache(capacity: configuration.preparedStatements)
    }

    /// Opens a session on `loop`; parameters as for `Connection.connect`.
    public static func connect(
        _ options: ConnectionOptions, on loop: EventLoop, blocking: BlockingPool,
        configuration: Configuration = Configuration(), timeout: Duration = .seconds(10)
    ) async throws(PostgresError) -> Pipeline {
        let pipeline = Pipeline(loop: loop, configuration: configuration)
        try await pipeline.open(options, blocking, timeout)
        return pipeline
    }

    private func open(
        _ options: ConnectionOptions, _ blocking: BlockingPool, _ timeout: Duration
    ) async throws(PostgresError) {
        let link = try await Connecting.open(options, on: loop, blocking: blocking, before: .after(timeout))
        try link.enterPipeline()
        self.link = link
        loop.spawn { await self.read() }
    }

    // MARK: State

    /// Process id of the backend, as in `pg_stat_activity`.
    public var backendPID: Int32 { link?.backendPID ?? 0 }
    /// Whether the session has not been closed and is not known to be broken.
    public var isOpen: Bool { link?.isOpen ?? false }
    /// Statements sent and not answered.
    public var inFlight: Int { sent.count + skipped.count }
    /// Statements currently kept prepared.
    public var preparedStatementCount: Int { statements.count }

    /// Ends the session. Everything in flight fails with `.connectionFailed`.
    public func close() {
        fail(PostgresError(code: .connectionFailed, message: "the connection was closed"))
    }

    // MARK: Asking

    /// Runs a reading statement and returns all its rows.
    public func query(_ sql: SQL) async throws(PostgresError) -> [Row] {
        Array(try await fetch(sql))
    }

    /// As `query`, with the columns known even when there is no row.
    ///
    /// The answer is waited for even when the calling task is cancelled.
    public func fetch(_ sql: SQL) async throws(PostgresError) -> RowSet {
        try await withUnsafeContinuation { continuation in
            ask(sql) { continuation.resume(returning: $0) }
        }.get()
    }

    /// What becomes of a statement. Called on the loop, in the midst of the pipeline's work: it must not ask for more.
    public typealias Answer = @Sendable (Result<RowSet, PostgresError>) -> Void

    /// As `fetch`, for callers that do not suspend: calls `answer` once, at once where nothing can be sent.
    public func ask(_ sql: SQL, _ answer: @escaping Answer) {
        guard let link, link.isOpen else { return answer(.failure(Pipeline.closed(link))) }
        guard inFlight < configuration.maxInFlight else {
            let failure = PostgresError(code: .saturated, message: "too many statements in flight")
            return answer(.failure(failure))
        }
        do throws(PostgresError) {
            let arguments = try Arguments(sql.parameters)
            let execution = Execution(
                statement: statements.statement(for: sql), sql: sql, deadline: .after(configuration.timeout),
                answer: answer)
            send(execution, arguments, link)
            isBatchOpen = true
            syncAtTickEnd()
        } catch {
            answer(.failure(error))
        }
    }

    static func closed(_ link: Link?) -> PostgresError {
        link?.failure ?? PostgresError(code: .connectionFailed, message: "the connection is not open")
    }

    // MARK: Sending

    /// Sends `execution`, its statement first if the server does not know it.
    func send(_ execution: Execution, _ arguments: borrowing Arguments, _ link: Link) {
        let statement = execution.statement
        do throws(PostgresError) {
            if statement.state == .absent {
                abandoned += statements.evict()
                try deallocateAbandoned(link)
                try link.sendPrepare(name: statement.name, text: statement.key.text, types: statement.key.types)
                statement.state = .sent(alone: execution.isRetry)
                sent.append(.prepare(statement))
            }
            try link.sendPrepared(name: statement.name, arguments)
        } catch {
            if statement.state == .absent { statements.forget(statement) }
            return execution.answer(.failure(error))
        }
        statement.inFlight += 1
        sent.append(.execute(execution))
        if sent.count == 1 { beginAnswer(link) }
        watch()
    }

    private func deallocateAbandoned(_ link: Link) throws(PostgresError) {
        while let statement = abandoned.popLast() {
            guard statement.state != .absent else { continue }
            try link.send(SQL(unsafe: "DEALLOCATE \(statement.name)"))
            sent.append(.deallocate(statement))
        }
    }

    /// Ends the batch with the tick, unless one is out: then this one grows until that is answered. A batch costs the
    /// server two wake-ups, a transaction and two system calls, as much as three of its point reads (measured: 10.9 µs
    /// of backend a read in batches of 5), and a statement waits no longer than behind the other batch in the socket.
    private func syncAtTickEnd() {
        guard !endsTick, batchesOut == 0 else { return }
        endsTick = true
        loop.onTickEnd {
            self.assumeIsolated { pipeline in
                pipeline.endsTick = false
                if pipeline.batchesOut == 0 { pipeline.sync() }
            }
        }
    }

    /// A batch has been answered.
    func batchEnded() {
        batchesOut -= 1
        if isBatchOpen, batchesOut == 0 { sync() }
    }

    /// Ends the batch and sends it off.
    func sync() {
        guard let link, link.isOpen else { return }
        do throws(PostgresError) {
            try link.sendSync()
            sent.append(.sync)
            batchesOut += 1
            isBatchOpen = false
            if try link.flushSome() { write() }
        } catch {
            fail(error)
        }
    }

    /// Sends what the socket did not take at once. Answers are read meanwhile, so neither side waits for the other.
    private func write() {
        guard !isWriting else { return }
        isWriting = true
        loop.spawn { await self.finishWriting() }
    }

    private func finishWriting() async {
        guard let link else { return }
        do throws(PostgresError) {
            try await link.flush(before: .after(configuration.timeout))
        } catch {
            fail(error)
        }
        isWriting = false
    }

    // MARK: Failing

    /// Looks after the oldest statement's deadline, with one timer at a time.
    private func watch() {
        guard !isWatched else { return }
        isWatched = true
        watch(after: configuration.timeout)
    }

    private func watch(after delay: Duration) {
        loop.schedule(after: delay) { [weak self] in
            self?.assumeIsolated { $0.checkDeadline() }
        }
    }

    private func checkDeadline() {
        guard let oldest = sent.first(where: { $0.deadline != nil })?.deadline, let remaining = oldest.remaining else {
            isWatched = false
            return
        }
        if remaining > .zero { return watch(after: remaining) }
        isWatched = false
        guard let canceller = link?.canceller else { return }
        fail(PostgresError(code: .timedOut, message: "Postgres did not answer in time"))
        // Closing alone would leave the backend at work until it next writes.
        loop.spawn { try? await canceller.cancel() }
    }

    /// Ends the session and everything in it.
    func fail(_ reason: PostgresError) {
        link?.fail(reason)
        let reason = link?.failure ?? reason
        let executions = sent.compactMap { step in if case .execute(let execution) = step { execution } else { nil } }
        let all = executions + skipped
        sent = Fifo()
        skipped = []
        for execution in all { execution.answer(.failure(reason)) }
    }
}
