import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PreparedStatementTests {
    private var three: Connection.Configuration {
        var configuration = Connection.Configuration()
        configuration.preparedStatements = 3
        return configuration
    }

    @Test func theLeastRecentlyUsedStatementsAreDeallocated() async throws {
        try await withConnection(three) { connection in
            for round in 0..<3 {
                for n in 0..<10 {
                    let rows = try await connection.query("SELECT \(n) + \(raw: SQL(unsafe: "\(n * 100)")) AS n")
                    #expect(try rows[0].decode("n", as: Int.self) == n * 101, "round \(round)")
                }
            }
            #expect(await connection.preparedStatementCount == 3)
            let onServer = try await connection.fetch("SELECT name FROM pg_prepared_statements")
            #expect(onServer.count <= 4)
        }
    }

    @Test func aChangedResultTypeIsPreparedAnew() async throws {
        try await withConnection(three) { connection in
            try await connection.script("CREATE TEMP TABLE t AS SELECT 1 AS a")
            let before = try await connection.fetch("SELECT * FROM t")
            #expect(before.columns.count == 1)
            try await connection.script("ALTER TABLE t ADD b text")
            let after = try await connection.fetch("SELECT * FROM t")
            #expect(after.columns.count == 2)
        }
    }

    @Test func discardedStatementsArePreparedAnew() async throws {
        try await withConnection(three) { connection in
            try await connection.expectUsable()
            try await connection.script("DISCARD ALL")
            try await connection.expectUsable()
        }
    }

    @Test func aStatementThatCannotBePreparedLeavesNoTrace() async throws {
        try await withConnection(three) { connection in
            for _ in 0..<3 {
                await #expect(throws: PostgresError.self) { try await connection.query("SELECT \(1) FRO x") }
            }
            #expect(await connection.preparedStatementCount == 0)
            try await connection.expectUsable()
        }
    }
}
