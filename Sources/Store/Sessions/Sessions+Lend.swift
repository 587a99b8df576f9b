import EventLoop
public import Postgres

extension Sessions {
    /// Lends a session of the server's own login.
    @discardableResult public func withServerSession<T>(
        _ kind: SessionKind = .warehouse, _ body: (Connection) async throws -> T
    ) async throws -> T {
        precondition(kind.role == nil, "a principal's session")
        return try await withSession(kind, body)
    }

    /// Lends a session of a principal's role for statements that Sluice wrote.
    public func withRowsSession<T>(role: String, _ body: (Connection) async throws -> T) async throws -> T {
        try await withSession(.rows(role: role), body)
    }

    /// Lends a session of a principal's role for that principal's own SQL; nothing of it survives.
    public func withQuerySession<T>(role: String, _ body: (Connection) async throws -> T) async throws -> T {
        try await withSession(.query(role: role), body)
    }

    private func withSession<T>(_ kind: SessionKind, _ body: (Connection) async throws -> T) async throws -> T {
        let loop = callersLoop
        let key = SessionKey(kind: kind, loop: loop.index)
        let connection = try await acquire(key, on: loop)
        do {
            let value = try await body(connection)
            await giveBack(connection, key)
            return value
        } catch {
            await giveBack(connection, key)
            throw error
        }
    }

    private func giveBack(_ connection: Connection, _ key: SessionKey) async {
        if Task.isCancelled {
            // A cancelled task could not clean the session, which would then be closed for nothing.
            await connection.loop.spawn { await self.cleanAndPutBack(connection, key) }.value
        } else {
            await cleanAndPutBack(connection, key)
        }
    }

    private func cleanAndPutBack(_ connection: Connection, _ key: SessionKey) async {
        if await isClean(connection, key.kind), putBack(connection, key) { return }
        await connection.close()
        free(key)
    }

    /// Brings a session into the state its next borrower expects; `false`: it cannot be lent again.
    private func isClean(_ connection: Connection, _ kind: SessionKind) async -> Bool {
        if case .query = kind {
            // The reason was the borrower's to report: here it only matters that the session ends.
            do { try await connection.discardAll() } catch { return false }
        }
        return await connection.isIdle
    }
}
