internal import CPQ
public import EventLoop

/// One session with Postgres, pinned to an event loop: one statement at a time, in the order asked for.
///
/// Callers on the same loop reach it without a hop. When the session breaks, whatever is under way and whatever comes
/// later fails with `.connectionFailed`. A statement whose deadline passes, or whose task is cancelled, is cancelled on
/// the server and its answer read to the end; the session stays usable if that takes at most `settleTime`.
public actor Connection {
    /// The bounds of a session.
    public struct Configuration: Sendable {
        /// How long the server may stay silent, where a call does not say otherwise.
        public var timeout: Duration = .seconds(60)
        /// How long a cancelled statement may take to end before the session is given up.
        public var settleTime: Duration = .seconds(5)
        /// Bytes a result may take in memory, at most 1 GiB; more is `.resultTooLarge`.
        public var maxResultBytes = 16 << 20
        /// Statements kept prepared; 0 prepares none. For text that Sluice wrote, since each kept one costs memory.
        public var preparedStatements = 0
        /// Callers that may wait for their turn; more is `.saturated`.
        public var maxWaiting = 64
        /// Notifications kept until asked for; beyond it the oldest are dropped.
        public var maxNotifications = 1024

        public init() {}
    }

    public nonisolated let loop: EventLoop
    public nonisolated let configuration: Configuration
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    var link: Link?
    private var isTaken = false
    private var waiting: [UnsafeContinuation<Void, Never>] = []
    var statements: StatementCache
    /// Names of statements no longer kept, until the server has been told.
    var abandoned: [String] = []
    /// The stream or COPY that has the turn.
    var lent: Lent?
    var nextLoan = 0
    var notifications: [Notification] = []

    private init(loop: EventLoop, configuration: Configuration) {
        precondition((0...(1 << 30)).contains(configuration.maxResultBytes), "maxResultBytes is at most 1 GiB")
        self.loop = loop
        self.configuration = configuration
        statements = StatementCache(capacity: configuration.preparedStatements)
    }

    /// Opens a session on `loop`.
    ///
    /// - Parameters:
    ///   - blocking: Where names are resolved and cancel requests sent, since libpq can only block there.
    ///   - timeout: For everything up to the server being ready.
    public static func connect(
        _ options: ConnectionOptions, on loop: EventLoop, blocking: BlockingPool,
        configuration: Configuration = Configuration(), timeout: Duration = .seconds(10)
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(loop: loop, configuration: configuration)
        try await connection.open(options, blocking, timeout)
        return connection
    }

    private func open(
        _ options: ConnectionOptions, _ blocking: BlockingPool, _ timeout: Duration
    ) async throws(PostgresError) {
        link = try await Connecting.open(options, on: loop, blocking: blocking, before: .after(timeout))
    }

    // MARK: State

    /// Process id of the backend, as in `pg_stat_activity`.
    public var backendPID: Int32 { link?.backendPID ?? 0 }
    /// Such as 150020 for 15.20.
    public var serverVersion: Int { link?.serverVersion ?? 0 }
    public var transactionStatus: TransactionStatus { link?.transactionStatus ?? .unknown }
    /// Whether the session has not been closed and is not known to be broken.
    public var isOpen: Bool { link?.isOpen ?? false }
    /// Statements currently kept prepared.
    public var preparedStatementCount: Int { statements.count }

    /// Whether the session is open, outside of a transaction and free, having looked at what the server sent last.
    public var isIdle: Bool {
        guard !isTaken, let link, link.isOpen else { return false }
        // A server that ended the session while it was idle shows here.
        do { try link.checkIdle() } catch { return false }
        return link.transactionStatus == .idle
    }

    /// Notices of the statements run so far, oldest first, at most 64 between two calls.
    public func takeNotices() -> [Notice] { link?.takeNotices() ?? [] }

    /// Ends the session. Whatever is under way fails with `.connectionFailed`.
    public func close() {
        link?.fail(PostgresError(code: .connectionFailed, message: "the connection was closed"))
    }

    /// Asks the server to cancel the running statement, which then fails with SQLSTATE 57014. No effect on an idle one.
    public func cancel() async throws(PostgresError) {
        try await link?.canceller.cancel()
    }

    // MARK: Taking turns

    /// Waits for the session to be free and takes it; every success is followed by one `release`.
    func acquire() async throws(PostgresError) -> Link {
        if isTaken {
            guard waiting.count < configuration.maxWaiting else {
                throw PostgresError(code: .saturated, message: "too many callers wait for this connection")
            }
            // Not itself bounded in time: everyone ahead is.
            await withUnsafeContinuation { waiting.append($0) }
        }
        isTaken = true
        do throws(PostgresError) {
            guard let link else { throw PostgresError(code: .connectionFailed, message: "the connection is not open") }
            if let failure = link.failure { throw failure }
            if Task.isCancelled { throw PostgresError(code: .cancelled, message: "the task was cancelled") }
            return link
        } catch {
            release()
            throw error
        }
    }

    /// Hands the session to the next in line.
    func release() {
        while let note = link?.takeNotification() { keep(note) }
        if waiting.isEmpty {
            isTaken = false
        } else {
            waiting.removeFirst().resume()
        }
    }

    func keep(_ note: Notification) {
        if notifications.count >= configuration.maxNotifications { notifications.removeFirst() }
        notifications.append(note)
    }

    /// Runs `body` in its turn, and leaves the session ready for the next whatever happens.
    func exclusively<R>(
        timeout: Duration?, _ body: (Link, Deadline) async throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        let link = try await acquire()
        do throws(PostgresError) {
            let value = try await body(link, .after(timeout ?? configuration.timeout))
            release()
            return value
        } catch {
            await settle(after: error)
            release()
            throw error
        }
    }

    // MARK: Recovering

    /// Brings a statement that was left in the middle to its end, so that the session can be used again.
    func settle(after error: PostgresError) async {
        guard let link, link.isOpen else { return }
        if error.code == .connectionFailed { return link.fail(error) }
        guard link.transactionStatus == .active else { return }
        // In a task of its own: this one may be cancelled, and then could not wait for anything.
        await loop.spawn { await self.endStatement(byCancelling: error.code != .queryFailed) }.value
    }

    private func endStatement(byCancelling cancelling: Bool) async {
        guard let link else { return }
        do throws(PostgresError) {
            if cancelling { try await link.canceller.cancel() }
            let deadline = Deadline.after(configuration.settleTime)
            while let result = try await link.nextResult(before: deadline) {
                switch result.status {
                case PGRES_COPY_IN: try await link.endCopyIn(failing: "abandoned", before: deadline)
                case PGRES_COPY_OUT: while try await !link.nextCopy(before: deadline).isEnd {}
                case PGRES_COPY_BOTH:
                    throw PostgresError(code: .connectionFailed, message: "the session is in replication mode")
                default: if let failure = result.failure, failure.code == .connectionFailed { throw failure }
                }
            }
        } catch {
            link.fail(
                PostgresError(
                    code: .connectionFailed, sqlState: error.sqlState,
                    message: "a cancelled statement did not end: \(error.message)"))
        }
    }
}
