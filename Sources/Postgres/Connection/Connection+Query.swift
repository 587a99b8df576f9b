internal import CPQ
internal import EventLoop

extension Connection {
    /// Runs one statement and returns all its rows.
    ///
    /// - Parameter timeout: How long it may take in all; the configuration's where `nil`.
    /// - Throws: `.resultTooLarge` beyond `maxResultBytes`; `stream` has no such bound.
    public func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> [Row] {
        Array(try await fetch(sql, timeout: timeout))
    }

    /// As `query`, with the columns known even when there is no row.
    public func fetch(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> RowSet {
        try await run(sql, timeout, keepingRows: true).rows
    }

    /// Runs one statement and returns how many rows it touched; 0 for statements that count none.
    @discardableResult
    public func execute(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Int {
        try await run(sql, timeout, keepingRows: false).affectedRows
    }

    /// The columns that `sql` would return, without running it.
    public func describe(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> [Column] {
        try await exclusively(timeout: timeout) { link, deadline throws(PostgresError) in
            try link.sendPrepare(name: "", text: sql.text, types: sql.parameters.map(\.typeOID))
            try await link.flush(before: deadline)
            _ = try await self.finish(link, keepingRows: false, before: deadline)
            try link.sendDescribe(name: "")
            try await link.flush(before: deadline)
            return try await self.finish(link, keepingRows: false, before: deadline).described
        }
    }

    /// Runs several statements separated by `;`, in one implicit transaction unless they say otherwise. Rows are dropped.
    public func script(_ text: String, timeout: Duration? = nil) async throws(PostgresError) {
        _ = try await runScript(text, timeout)
    }

    func runScript(_ text: String, _ timeout: Duration?) async throws(PostgresError) -> Outcome {
        try await exclusively(timeout: timeout) { link, deadline throws(PostgresError) in
            try link.sendSimple(text)
            try await link.flush(before: deadline)
            return try await self.finish(link, keepingRows: false, before: deadline)
        }
    }

    /// Brings the session back to what it was when opened: for its next user. Nothing of the last one's stays, neither on
    /// the server (settings, temporary objects, cursors, locks, LISTEN) nor here (notices, notifications, statements).
    ///
    /// - Throws: also inside a transaction, SQLSTATE 25001; such a session is closed rather than used again.
    public func discardAll() async throws(PostgresError) {
        try await script("DISCARD ALL")
        _ = takeNotices()
        notifications = []
        _ = statements.removeAll()
        abandoned = []
    }

    struct Outcome {
        var rows: RowSet
        var affectedRows = 0
        var commandTag = ""
        /// Of a statement that was described, not run.
        var described: [Column] = []
    }

    func run(_ sql: SQL, _ timeout: Duration?, keepingRows: Bool) async throws(PostgresError) -> Outcome {
        try await exclusively(timeout: timeout) { link, deadline throws(PostgresError) in
            try await self.retryingStalePlan(link) { () throws(PostgresError) in
                try await self.send(sql, link, before: deadline)
                return try await self.finish(link, keepingRows: keepingRows, before: deadline)
            }
        }
    }

    /// Sends `sql`, prepared if this session prepares.
    func send(_ sql: SQL, _ link: Link, before deadline: Deadline) async throws(PostgresError) {
        guard configuration.preparedStatements > 0 else {
            try link.send(sql)
            return try await link.flush(before: deadline)
        }
        let arguments = try Arguments(sql.parameters)
        let statement = try await prepared(sql, link, before: deadline)
        try link.sendPrepared(name: statement.name, arguments)
        try await link.flush(before: deadline)
    }

    /// Reads the results of what was sent, to the end.
    private func finish(
        _ link: Link, keepingRows: Bool, before deadline: Deadline
    ) async throws(PostgresError) -> Outcome {
        link.selectSingleRows()
        var rows = RowSet.Builder()
        var outcome = Outcome(rows: rows.take())
        var failure: PostgresError?
        while let result = try await link.nextResult(before: deadline) {
            switch result.status {
            case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
                if keepingRows {
                    if rows.columns.isEmpty { rows.columns = result.columns }
                    result.append(to: &rows)
                    guard rows.byteCount <= configuration.maxResultBytes else {
                        throw PostgresError(
                            code: .resultTooLarge, message: "more than \(configuration.maxResultBytes) bytes of rows")
                    }
                }
                if result.status == PGRES_TUPLES_OK { outcome.affectedRows = result.affectedRows }
            case PGRES_COMMAND_OK:
                outcome.affectedRows = result.affectedRows
                outcome.commandTag = result.commandTag
                outcome.described = result.columns
            case PGRES_EMPTY_QUERY: break
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw PostgresError(code: .invalidStatement, message: "COPY needs copyIn or copyOut")
            default:
                let reported = result.failure ?? PostgresError(code: .queryFailed, message: "unexpected result")
                // After a fatal one libpq adds its own, which says less.
                if reported.code == .connectionFailed { throw failure ?? reported }
                failure = failure ?? reported
            }
        }
        if let failure { throw failure }
        outcome.rows = rows.take()
        return outcome
    }

    // MARK: Prepared statements

    /// Runs `body` again, once, if its prepared statement turned out stale and no transaction is lost by it.
    func retryingStalePlan<R>(
        _ link: Link, _ body: () async throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        do {
            return try await body()
        } catch {
            guard error.isStalePlan, configuration.preparedStatements > 0 else { throw error }
            // Which one it was does not matter: after a change of schema they are all suspect.
            let names = statements.removeAll()
            // 26000: the server knows none of them any more.
            abandoned = error.sqlState == "26000" ? [] : abandoned + names
            guard link.transactionStatus == .idle else { throw error }
            return try await body()
        }
    }

    /// The statement for `sql`, prepared on the server.
    private func prepared(_ sql: SQL, _ link: Link, before deadline: Deadline) async throws(PostgresError) -> Statement
    {
        let statement = statements.statement(for: sql)
        guard statement.state != .ready else { return statement }
        do throws(PostgresError) {
            abandoned += statements.evict().map(\.name)
            try await deallocateAbandoned(link, before: deadline)
            try link.sendPrepare(name: statement.name, text: sql.text, types: statement.key.types)
            try await link.flush(before: deadline)
            _ = try await finish(link, keepingRows: false, before: deadline)
        } catch {
            statements.forget(statement)
            throw error
        }
        statement.state = .ready
        return statement
    }

    private func deallocateAbandoned(_ link: Link, before deadline: Deadline) async throws(PostgresError) {
        // Inside a transaction a failure would take it along; the names wait for its end.
        guard !abandoned.isEmpty, link.transactionStatus == .idle else { return }
        try link.sendSimple(abandoned.map { "DEALLOCATE \($0)" }.joined(separator: ";"))
        abandoned = []
        try await link.flush(before: deadline)
        do throws(PostgresError) {
            _ = try await finish(link, keepingRows: false, before: deadline)
        } catch {
            // Gone already, which is what was wanted.
            guard error.sqlState == "26000" else { throw error }
        }
    }
}
