import Postgres

extension Change {
    /// Runs a statement that user input may make fail with a data error (SQLSTATE class 22), inside a savepoint, so
    /// that the transaction lives on. `nil`: it failed so; any other failure is thrown.
    func attempt(_ sql: SQL) async throws -> [Row]? {
        try await connection.execute("SAVEPOINT attempt")
        do throws(PostgresError) {
            let rows = try await connection.query(sql)
            try await connection.execute("RELEASE SAVEPOINT attempt")
            return rows
        } catch {
            guard error.sqlState?.hasPrefix("22") == true else { throw error }
        }
        try await connection.execute("ROLLBACK TO SAVEPOINT attempt")
        return nil
    }
}
