internal import CPQ
internal import EventLoop

/// Takes the bytes of a COPY into the database.
public struct CopyWriter: Sendable {
    let connection: Connection
    let loan: Int

    /// Sends `bytes`, cut anywhere, and returns when the socket has taken them, so a slow server holds the caller back.
    public func write(_ bytes: [UInt8]) async throws(PostgresError) {
        try await connection.writeCopy(loan, bytes)
    }
}

/// Gives the bytes of a COPY out of the database.
public struct CopyReader: Sendable {
    let connection: Connection
    let loan: Int

    /// The next rows: 64 KiB, exceeded by at most one row, or fewer at the end; then `nil`.
    ///
    /// Nothing is read from the socket between two calls, so a slow caller holds the server back.
    public func next() async throws(PostgresError) -> CopiedRows? {
        try await connection.readCopy(loan)
    }

    /// Gives the session back after `beginCopyOut`; what has not been read is cancelled and discarded.
    public func end() async { await connection.giveBack(loan) }
}

extension Connection {
    /// Runs `COPY … FROM STDIN`; what `body` writes is the data. Returns the rows copied.
    ///
    /// When `body` throws, the COPY is aborted and nothing of it stays.
    ///
    /// - Parameter timeout: How long the server may leave the socket full, or take to finish at the end.
    public nonisolated func copyIn(
        _ sql: SQL, timeout: Duration? = nil, _ body: (CopyWriter) async throws -> Void
    ) async throws -> Int {
        let loan = try await openCopy(sql, .copyIn, timeout)
        do {
            try await body(CopyWriter(connection: self, loan: loan))
            let count = try await finishCopy(loan)
            await giveBack(loan)
            return count
        } catch {
            await giveBack(loan)
            throw error
        }
    }

    /// Runs `COPY … TO STDOUT` and lends its data while it arrives. When `body` returns early, the rest is cancelled.
    ///
    /// - Parameter timeout: How long the server may stay silent; there is no bound on the whole.
    public nonisolated func copyOut<T>(
        _ sql: SQL, timeout: Duration? = nil, _ body: (CopyReader) async throws -> T
    ) async throws -> T {
        let loan = try await openCopy(sql, .copyOut, timeout)
        do {
            let value = try await body(CopyReader(connection: self, loan: loan))
            await giveBack(loan)
            return value
        } catch {
            await giveBack(loan)
            throw error
        }
    }

    /// Begins `COPY … TO STDOUT` for a caller that pulls its data over time. The session is taken until `end()`.
    ///
    /// - Parameter timeout: How long the server may stay silent.
    public nonisolated func beginCopyOut(
        _ sql: SQL, timeout: Duration? = nil
    ) async throws(PostgresError) -> CopyReader {
        CopyReader(connection: self, loan: try await openCopy(sql, .copyOut, timeout))
    }

    private func openCopy(_ sql: SQL, _ kind: Lent.Kind, _ timeout: Duration?) async throws(PostgresError) -> Int {
        let timeout = timeout ?? configuration.timeout
        let link = try await acquire()
        do throws(PostgresError) {
            try link.send(sql)
            let deadline = Deadline.after(timeout)
            try await link.flush(before: deadline)
            let wrongDirection = PostgresError(
                code: .invalidStatement, message: "the statement is no COPY in this direction")
            guard let result = try await link.nextResult(before: deadline) else { throw wrongDirection }
            if let failure = result.failure { throw failure }
            guard result.status == (kind == .copyIn ? PGRES_COPY_IN : PGRES_COPY_OUT) else { throw wrongDirection }
            let loan = makeLoan(kind, timeout)
            lent = loan
            return loan.id
        } catch {
            await settle(after: error)
            release()
            throw error
        }
    }

    func writeCopy(_ id: Int, _ bytes: [UInt8]) async throws(PostgresError) {
        guard let loan = lent, loan.id == id, let link else { throw Connection.notLent }
        try await link.writeCopy(bytes, timeout: loan.timeout)
    }

    private func finishCopy(_ id: Int) async throws(PostgresError) -> Int {
        guard let loan = lent, loan.id == id, let link else { throw Connection.notLent }
        let deadline = Deadline.after(loan.timeout)
        try await link.endCopyIn(before: deadline)
        let count = try await endOfCopy(link, before: deadline)
        lent?.isFinished = true
        return count
    }

    func readCopy(_ id: Int) async throws(PostgresError) -> CopiedRows? {
        guard let loan = lent, loan.id == id, loan.kind == .copyOut, let link else { throw Connection.notLent }
        if loan.isFinished { return nil }
        let deadline = Deadline.after(loan.timeout)
        let (rows, isEnd) = try await link.nextCopy(before: deadline)
        if isEnd {
            _ = try await endOfCopy(link, before: deadline)
            lent?.isFinished = true
        }
        return rows.isEmpty ? nil : rows
    }

    /// Reads what follows the data: the count, or why it failed.
    private func endOfCopy(_ link: Link, before deadline: Deadline) async throws(PostgresError) -> Int {
        var count = 0
        var failure: PostgresError?
        while let result = try await link.nextResult(before: deadline) {
            if result.status == PGRES_COMMAND_OK {
                count = result.affectedRows
            } else {
                failure = failure ?? result.failure
            }
        }
        if let failure {
            if failure.code == .connectionFailed { link.fail(failure) }
            lent?.isFinished = true
            throw failure
        }
        return count
    }
}
