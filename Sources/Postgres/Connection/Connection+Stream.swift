internal import CPQ
internal import EventLoop

/// A turn handed out for longer than one call.
struct Lent {
    enum Kind { case stream, copyIn, copyOut }

    let id: Int
    let kind: Kind
    let timeout: Duration
    var batchBytes = 0
    var rows = RowSet.Builder()
    var isFinished = false
}

/// Rows of a running statement, taken as fast as the caller wants them.
public struct RowStream: Sendable {
    let connection: Connection
    let loan: Int
    /// Known before the first row, also when there is none.
    public let columns: [Column]

    /// The next rows, at least one; `nil` at the end.
    ///
    /// Nothing is read from the socket between two calls, so a slow caller holds the server back.
    public func next() async throws(PostgresError) -> RowSet? {
        try await connection.nextRows(loan)
    }
}

extension Connection {
    /// Runs one statement and lends its rows while they arrive; in memory is never more than about one batch and one row.
    ///
    /// When `body` returns before the end, the statement is cancelled and the rest discarded.
    ///
    /// - Parameters:
    ///   - batchBytes: Size of a batch, exceeded by at most one row.
    ///   - timeout: How long the server may stay silent; there is no bound on the whole.
    public nonisolated func stream<T>(
        _ sql: SQL, batchBytes: Int = 64 << 10, timeout: Duration? = nil, _ body: (RowStream) async throws -> T
    ) async throws -> T {
        let stream = try await openStream(sql, batchBytes, timeout)
        do {
            let value = try await body(stream)
            await giveBack(stream.loan)
            return value
        } catch {
            await giveBack(stream.loan)
            throw error
        }
    }

    private func openStream(
        _ sql: SQL, _ batchBytes: Int, _ timeout: Duration?
    ) async throws(PostgresError) -> RowStream {
        let timeout = timeout ?? configuration.timeout
        let link = try await acquire()
        do throws(PostgresError) {
            let deadline = Deadline.after(timeout)
            var loan = makeLoan(.stream, timeout)
            loan.batchBytes = batchBytes
            try await retryingStalePlan(link) { () throws(PostgresError) in
                try await self.send(sql, link, before: deadline)
                link.selectSingleRows()
                // The first result, a row or the end, tells the columns.
                try self.take(try await link.nextResult(before: deadline), into: &loan)
            }
            lent = loan
            return RowStream(connection: self, loan: loan.id, columns: loan.rows.columns)
        } catch {
            await settle(after: error)
            release()
            throw error
        }
    }

    func nextRows(_ id: Int) async throws(PostgresError) -> RowSet? {
        guard var loan = lent, loan.id == id, loan.kind == .stream else { throw Connection.notLent }
        guard let link else { throw Connection.notLent }
        let deadline = Deadline.after(loan.timeout)
        do throws(PostgresError) {
            // Awaits only for the socket: an async call per row costs more than the row.
            while !loan.isFinished, loan.rows.byteCount < loan.batchBytes {
                if !link.isBusy {
                    if let failure = link.failure { throw failure }
                    try take(link.nextBufferedResult(), into: &loan)
                } else if loan.rows.count > 0 {
                    // libpq reads little at a time: look once more, but do not wait with rows at hand.
                    try link.takeInput()
                    if link.isBusy { break }
                } else {
                    try await link.receive(before: deadline)
                }
            }
        } catch {
            await settle(after: error)
            throw error
        }
        let rows = loan.rows.take()
        lent = loan
        return rows.isEmpty ? nil : rows
    }

    /// Takes one result of a streamed statement; `nil` is its end.
    private func take(_ result: consuming ResultHandle?, into loan: inout Lent) throws(PostgresError) {
        guard let result else {
            loan.isFinished = true
            return
        }
        switch result.status {
        case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
            if loan.rows.columns.isEmpty { loan.rows.columns = result.columns }
            result.append(to: &loan.rows)
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            throw PostgresError(code: .invalidStatement, message: "COPY needs copyIn or copyOut")
        default:
            throw result.failure ?? PostgresError(code: .queryFailed, message: "unexpected result")
        }
    }

    // MARK: Loans

    static let notLent = PostgresError(
        code: .invalidStatement, message: "used outside of the closure it was lent to")

    func makeLoan(_ kind: Lent.Kind, _ timeout: Duration) -> Lent {
        nextLoan += 1
        return Lent(id: nextLoan, kind: kind, timeout: timeout)
    }

    /// Ends a loan: what is left of its statement is cancelled and discarded.
    func giveBack(_ id: Int) async {
        guard let loan = lent, loan.id == id else { return }
        lent = nil
        if !loan.isFinished {
            await settle(after: PostgresError(code: .cancelled, message: "ended early"))
        }
        release()
    }
}
