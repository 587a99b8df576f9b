internal import EventLoop

/// How concurrent transactions see each other (Postgres manual, "Transaction Isolation").
public enum IsolationLevel: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension Connection {
    /// Runs `body` in a transaction, committed if it returns and rolled back if it throws.
    ///
    /// The session must be the caller's alone: statements others run on it meanwhile are inside too.
    ///
    /// - Throws: What `body` throws; what BEGIN and COMMIT throw. With `.connectionFailed` from COMMIT it is unknown
    ///   whether the transaction happened. SQLSTATE 25P02 when `body` swallowed a failed statement's error.
    @discardableResult
    public nonisolated func transaction<T>(
        isolation: IsolationLevel = .readCommitted, readOnly: Bool = false,
        _ body: (Connection) async throws -> T
    ) async throws -> T {
        try await script("BEGIN ISOLATION LEVEL \(isolation.rawValue) \(readOnly ? "READ ONLY" : "READ WRITE")")
        let value: T
        do {
            value = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        try await commit()
        return value
    }

    /// Runs `body`, which only reads, in a transaction: what its first statement names is locked against changes of schema
    /// until its last has ended. Rolled back in any case, so `body` may leave a statement early.
    ///
    /// The session must be the caller's alone.
    public nonisolated func reading<T>(_ body: (Connection) async throws -> T) async throws -> T {
        try await script("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
        do {
            let value = try await body(self)
            await rollBack()
            return value
        } catch {
            await rollBack()
            throw error
        }
    }

    private func commit() async throws(PostgresError) {
        do throws(PostgresError) {
            let outcome = try await runCommand("COMMIT")
            if outcome == "ROLLBACK" {
                throw PostgresError(
                    code: .queryFailed, sqlState: "25P02",
                    message: "a statement of the transaction had failed, so it was rolled back")
            }
        } catch {
            if transactionStatus != .idle { await rollBack() }
            throw error
        }
    }

    /// Ends the transaction, or the session if that is not possible.
    private func rollBack() async {
        guard isOpen else { return }
        // In a task of its own: this one may be cancelled.
        await loop.spawn {
            do throws(PostgresError) {
                _ = try await self.runCommand("ROLLBACK", timeout: self.configuration.settleTime)
            } catch {
                await self.close()
            }
        }.value
    }

    private func runCommand(_ text: String, timeout: Duration? = nil) async throws(PostgresError) -> String {
        try await runScript(text, timeout).commandTag
    }
}
