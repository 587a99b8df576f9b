import EventLoop
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
    @Test func valuesOfEveryTypeComeBack() async throws {
        try await withConnection { connection in
            let row = try await connection.query(
                """
                SELECT \("é")::text AS s, \(Int64.min) AS i, \(Int32.max) AS j, \(1.25) AS d, \(true) AS b,
                    \(["x", "y,"])::text[] AS t, \([1, 2] as [Int64]) AS n, \(Int?.none) AS z, \(JSONText(#"{"a":1}"#)) AS o,
                    \(ByteString([0, 255])) AS y, timestamptz '2024-02-29 12:00:00+00' AT TIME ZONE 'UTC' AS w
                """)[0]
            #expect(try row.decode("s") == "é")
            #expect(try row.decode("i") == Int64.min)
            #expect(try row.decode("j") == Int32.max)
            #expect(try row.decode("d") == 1.25)
            #expect(try row.decode("b") == true)
            #expect(try row.decode("t") == ["x", "y,"])
            #expect(try row.decode("n") == [1, 2] as [Int64])
            #expect(try row.decode("z") == Int?.none)
            #expect(try row.decode("o", as: JSONText.self).text == "{\"a\": 1}")
            #expect(try row.decode("y") == ByteString([0, 255]))
            #expect(try row.decode("w") == "2024-02-29 12:00:00")
            #expect(throws: PostgresError.self) { try row.decode("z", as: Int.self) }
            #expect(throws: PostgresError.self) { try row.decode("absent", as: Int.self) }
        }
    }

    @Test func columnsAreKnownWithoutRows() async throws {
        try await withConnection { connection in
            let rows = try await connection.fetch("SELECT 1::int8 AS a, 'x'::varchar(7) AS b WHERE false")
            #expect(rows.isEmpty)
            #expect(rows.columns.map(\.name) == ["a", "b"])
            #expect(rows.columns.map(\.typeOID) == [20, 1043])
            #expect(rows.columns.map(\.typeModifier) == [-1, 11])
        }
    }

    @Test func executeCountsRows() async throws {
        try await withConnection { connection in
            try await connection.script("CREATE TEMP TABLE t (a int); CREATE INDEX ON t (a)")
            #expect(try await connection.execute("INSERT INTO t SELECT generate_series(1, \(7))") == 7)
            #expect(try await connection.execute("UPDATE t SET a = a WHERE a > \(5)") == 2)
            #expect(try await connection.execute("SELECT a FROM t") == 7)
        }
    }

    @Test func errorsCarryEveryField() async throws {
        try await withConnection { connection in
            try await connection.script("CREATE TEMP TABLE t (a int CONSTRAINT positive CHECK (a > 0))")
            let check = await #expect(throws: PostgresError.self) {
                try await connection.execute("INSERT INTO t VALUES (\(-12345))")
            }
            #expect(check?.code == .queryFailed)
            #expect(check?.sqlState == "23514")
            #expect(check?.constraintName == "positive")
            #expect(check?.tableName == "t")
            #expect(check?.detail?.contains("-12345") == true)
            #expect(check.map { "\($0)".contains("12345") } == false)
            let syntax = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1 FRO 2") }
            #expect(syntax?.sqlState == "42601")
            #expect(syntax?.position == 14)
            // The session goes on.
            try await connection.expectUsable()
        }
    }

    @Test(arguments: ["SELECT 1; SELECT 2", "COPY (SELECT 1) TO STDOUT", "COPY pg_class FROM STDIN"])
    func whatIsNoPlainStatementIsRefused(_ text: String) async throws {
        try await withConnection { connection in
            await #expect(throws: PostgresError.self) { try await connection.query(SQL(unsafe: text)) }
            try await connection.expectUsable()
        }
    }

    @Test func nulBytesAreRefusedBeforeSending() async throws {
        try await withConnection { connection in
            let inValue = await #expect(throws: PostgresError.self) { try await connection.query("SELECT \("a\0b")") }
            #expect(inValue?.code == .invalidStatement)
            let inText = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1 \0") }
            #expect(inText?.code == .invalidStatement)
        }
    }

    @Test func resultsOverTheBoundAreRefusedAndTheSessionGoesOn() async throws {
        var configuration = Connection.Configuration()
        configuration.maxResultBytes = 100_000
        try await withConnection(configuration) { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query("SELECT repeat('x', 1000) FROM generate_series(1, 10000000)")
            }
            #expect(error?.code == .resultTooLarge)
            try await connection.expectUsable()
        }
    }

    @Test func statementsPastTheirDeadlineAreCancelled() async throws {
        try await withConnection { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query("SELECT pg_sleep(60)", timeout: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            try await connection.expectUsable()
        }
    }

    @Test func cancellingTheTaskCancelsTheStatement() async throws {
        try await withConnection { connection in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await connection.backendPID
            let task = connection.loop.spawnThrowing { try await connection.query("SELECT pg_sleep(60)") }
            try await watcher.waitUntil("SELECT state = 'active' FROM pg_stat_activity WHERE pid = \(pid)")
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
            #expect(error?.code == .cancelled)
            try await connection.expectUsable()
            await watcher.close()
        }
    }

    @Test func cancelEndsTheRunningStatementOnly() async throws {
        try await withConnection { connection in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await connection.backendPID
            let task = connection.loop.spawnThrowing { try await connection.query("SELECT pg_sleep(60)") }
            try await watcher.waitUntil("SELECT state = 'active' FROM pg_stat_activity WHERE pid = \(pid)")
            try await connection.cancel()
            let error = await #expect(throws: PostgresError.self) { _ = try await task.value }
            #expect(error?.sqlState == "57014")
            try await connection.expectUsable()
            await watcher.close()
        }
    }

    @Test func aBackendTerminatedMidQueryFailsEverythingWaiting() async throws {
        try await withConnection { connection in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await connection.backendPID
            let tasks = (0..<5).map { _ in
                connection.loop.spawnThrowing { try await connection.query("SELECT pg_sleep(60)") }
            }
            try await watcher.waitUntil("SELECT state = 'active' FROM pg_stat_activity WHERE pid = \(pid)")
            try await watcher.execute("SELECT pg_terminate_backend(\(pid))")
            await expectTerminated(tasks)
            #expect(await !connection.isOpen)
            await watcher.close()
        }
    }

    @Test func aBackendTerminatedWhileIdleIsNoticed() async throws {
        try await withConnection { connection in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await connection.backendPID
            try await watcher.execute("SELECT pg_terminate_backend(\(pid), 10000)")
            let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
            #expect(error?.code == .connectionFailed)
            #expect(error?.sqlState == "57P01")
            #expect(await !connection.isIdle)
            await watcher.close()
        }
    }

    @Test func aSessionEndedWhileIdleDoesNotPassForIdle() async throws {
        try await withConnection { connection in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await connection.backendPID
            #expect(await connection.isIdle)
            try await watcher.execute("SELECT pg_terminate_backend(\(pid), 10000)")
            #expect(await !connection.isIdle)
            #expect(await !connection.isOpen)
            await watcher.close()
        }
    }

    @Test func refusedConnectionsSayWhy() async throws {
        let cluster = try TestCluster.shared()
        let noRole = await #expect(throws: PostgresError.self) {
            try await TestLoops.connect(cluster.options(user: "nobody_here"))
        }
        #expect(noRole?.code == .connectionFailed)
        #expect(noRole?.sqlState == "28000")
        let noDatabase = await #expect(throws: PostgresError.self) {
            try await TestLoops.connect(cluster.options(database: "nothing_here"))
        }
        #expect(noDatabase?.sqlState == "3D000")
        var elsewhere = cluster.options()
        elsewhere.port = 1
        let noServer = await #expect(throws: PostgresError.self) { try await TestLoops.connect(elsewhere) }
        #expect(noServer?.code == .connectionFailed)
        #expect(noServer?.sqlState == nil)
        elsewhere.host = "127.0.0.1"
        let noListener = await #expect(throws: PostgresError.self) { try await TestLoops.connect(elsewhere) }
        #expect(noListener?.code == .connectionFailed)
    }

    @Test func transactionsCommitOrRollBack() async throws {
        struct Refused: Error {}
        try await withConnection { connection in
            try await connection.script("CREATE TEMP TABLE t (a int)")
            try await connection.transaction { try await $0.execute("INSERT INTO t VALUES (1)") }
            await #expect(throws: Refused.self) {
                try await connection.transaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (2)")
                    throw Refused()
                }
            }
            let swallowed = await #expect(throws: PostgresError.self) {
                try await connection.transaction { connection in
                    try await connection.execute("INSERT INTO t VALUES (3)")
                    _ = try? await connection.execute("SELECT 1 / 0")
                }
            }
            #expect(swallowed?.sqlState == "25P02")
            #expect(await connection.transactionStatus == .idle)
            let kept = try await connection.query("SELECT a FROM t").map { try $0.decode("a", as: Int.self) }
            #expect(kept == [1])
        }
    }

    @Test func noticesAreKeptUpToABound() async throws {
        try await withConnection { connection in
            try await connection.script(
                "DO $$ BEGIN FOR i IN 1..200 LOOP RAISE WARNING 'number %', i; END LOOP; END $$")
            let notices = await connection.takeNotices()
            #expect(notices.count == 64)
            #expect(notices.first?.message == "number 1")
            #expect(notices.first?.severity == "WARNING")
            #expect(await connection.takeNotices().isEmpty)
        }
    }

    @Test func notificationsArriveInOrder() async throws {
        try await withConnection { connection in
            try await connection.listen(to: "Odd \"name\"")
            let sender = try await TestLoops.connect(try TestCluster.shared().options())
            for number in 1...3 { try await sender.execute("SELECT pg_notify('Odd \"name\"', \("\(number)"))") }
            var received: [String] = []
            for try await note in connection.incomingNotifications {
                received.append(note.payload)
                if received.count == 3 { break }
            }
            #expect(received == ["1", "2", "3"])
            #expect(try await connection.nextNotification(timeout: .zero) == nil)
            await sender.close()
        }
    }

    @Test func discardAllLeavesNothingOfTheLastUser() async throws {
        var configuration = Connection.Configuration()
        configuration.preparedStatements = 8
        try await withConnection(configuration) { connection in
            try await connection.listen(to: "c")
            try await connection.script(
                "SET work_mem = '1MB'; CREATE TEMP TABLE t (a int); SELECT pg_notify('c', 'secret');"
                    + "DO $$ BEGIN RAISE WARNING 'secret'; END $$; SELECT pg_advisory_lock(1)")
            try await connection.expectUsable()
            try await connection.discardAll()
            #expect(await connection.takeNotices().isEmpty)
            #expect(await connection.preparedStatementCount == 0)
            #expect(try await connection.nextNotification(timeout: .zero) == nil)
            let left = try await connection.query(
                """
                SELECT current_setting('work_mem') = '1MB' OR to_regclass('pg_temp.t') IS NOT NULL
                    OR EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid())
                    OR EXISTS (SELECT 1 FROM pg_listening_channels()) AS leftover
                """)
            #expect(try left[0].decode("leftover") == false)
            try await connection.expectUsable()
        }
    }

    @Test func aSessionDroppedOffItsLoopEndsOnTheServer() async throws {
        try await withConnection { watcher in
            var dropped: Connection? = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await dropped?.backendPID ?? 0
            #expect(pid > 0)
            dropped = nil
            try await watcher.waitUntil("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(pid)")
        }
    }
}
