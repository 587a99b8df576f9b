import Postgres

extension Connection {
    /// Runs a statement that user input may make fail with a data error, inside a savepoint, so the transaction lives
    /// on; such a failure (SQLSTATE class 22) becomes `refusal`, any other stays what it is.
    func attempt(_ sql: SQL, refusal: () -> any Error) async throws -> RowSet {
        try await execute("SAVEPOINT attempt")
        do {
            let rows = try await query(sql)
            try await execute("RELEASE SAVEPOINT attempt")
            return rows
        } catch let error as PostgresError where error.sqlState?.hasPrefix("22") ?? false {
            try await execute("ROLLBACK TO SAVEPOINT attempt")
            throw refusal()
        }
    }
}
