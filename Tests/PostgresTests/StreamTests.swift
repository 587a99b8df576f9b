import EventLoop
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    @Test func aStreamGivesEveryRowInOrderInSmallBatches() async throws {
        try await withConnection { connection in
            var expected = 1
            var largest = 0
            try await connection.stream("SELECT n, repeat('x', 20) FROM generate_series(1, 300000) AS n") { rows in
                #expect(rows.columns.map(\.name) == ["n", "repeat"])
                while let batch = try await rows.next() {
                    largest = max(largest, batch.byteCount)
                    batch.withEachRow { row in
                        if let cell = row[0], Int(postgresText: cell) == expected { expected += 1 }
                    }
                }
            }
            #expect(expected == 300_001)
            #expect(largest < 80_000)
        }
    }

    @Test func aSuspendedConsumerHoldsTheServerBack() async throws {
        try await withConnection { connection in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await connection.backendPID
            let isHeld: SQL = "SELECT wait_event = 'ClientWrite' FROM pg_stat_activity WHERE pid = \(pid)"
            // 100 MB, sent in no time if anybody took them.
            try await connection.stream("SELECT repeat('x', 1000) FROM generate_series(1, 100000)") { rows in
                _ = try await rows.next()
                try await watcher.waitUntil(isHeld)
                _ = try await watcher.query("SELECT count(md5(n::text)) FROM generate_series(1, 1000000) AS n")
                let isStillHeld = try await watcher.query(isHeld)
                #expect(try isStillHeld[0].decode(at: 0) == true)
            }
            // Left early: cancelled and drained.
            try await connection.expectUsable()
            await watcher.close()
        }
    }

    @Test func columnsComeBeforeRowsEvenWithoutAny() async throws {
        try await withConnection { connection in
            try await connection.stream("SELECT 1.5::numeric(10, 2) AS price, now() AS t WHERE false") { rows in
                #expect(rows.columns.map(\.name) == ["price", "t"])
                #expect(rows.columns.map(\.typeOID) == [PostgresType.numeric, PostgresType.timestamptz])
                #expect(rows.columns[0].typeModifier == (10 << 16 | 2) + 4)
                for _ in 0..<2 {
                    let end = try await rows.next()
                    #expect(end == nil)
                }
            }
            try await connection.expectUsable()
        }
    }

    @Test func nullsAndEmptyTextsDiffer() async throws {
        try await withConnection { connection in
            try await connection.stream("VALUES ('', NULL), (NULL, 'é')") { rows in
                let batch = try #require(try await rows.next())
                var cells: [String?] = []
                batch.withEachRow { row in
                    for column in 0..<row.count { cells.append(row[column].flatMap { String(postgresText: $0) }) }
                }
                #expect(cells == ["", nil, nil, "é"])
            }
        }
    }

    @Test func anErrorAfterSomeRowsIsThrownAndTheSessionGoesOn() async throws {
        try await withConnection { connection in
            var seen = 0
            let error = await #expect(throws: PostgresError.self) {
                try await connection.stream("SELECT 1 / (30000 - n) FROM generate_series(1, 40000) AS n") { rows in
                    while let batch = try await rows.next() { seen += batch.count }
                }
            }
            #expect(error?.sqlState == "22012")
            #expect(seen > 0)
            try await connection.expectUsable()
        }
    }

    @Test func aSilentServerIsGivenUp() async throws {
        try await withConnection { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.stream(
                    "SELECT 1 UNION ALL SELECT pg_sleep(60)::text::int", timeout: .milliseconds(50)
                ) {
                    rows in
                    while try await rows.next() != nil {}
                }
            }
            #expect(error?.code == .timedOut || error?.code == .queryFailed)
            try await connection.expectUsable()
        }
    }

    @Test func aStreamOutsideOfItsClosureIsRefused() async throws {
        try await withConnection { connection in
            let kept = try await connection.stream("SELECT 1") { $0 }
            let error = await #expect(throws: PostgresError.self) { try await kept.next() }
            #expect(error?.code == .invalidStatement)
        }
    }

    @Test func copyInRoundTripsThroughCopyOut() async throws {
        try await withConnection { connection in
            try await connection.script("CREATE TEMP TABLE t (n int, s text)")
            let line = { (n: Int) in Array("\(n)\t\(String(repeating: "y", count: n % 100))\n".utf8) }
            let count = try await connection.copyIn("COPY t FROM STDIN") { writer in
                var bytes: [UInt8] = []
                for n in 1...100_000 {
                    bytes += line(n)
                    // Cut anywhere, larger than a chunk too.
                    if bytes.count > 700_000 {
                        try await writer.write(bytes)
                        bytes = []
                    }
                }
                try await writer.write(bytes)
            }
            #expect(count == 100_000)
            var out: [UInt8] = []
            try await connection.copyOut("COPY (SELECT * FROM t ORDER BY n) TO STDOUT") { reader in
                while let rows = try await reader.next() { out += rows.bytes }
            }
            #expect(out == (1...100_000).flatMap(line))
            try await connection.expectUsable()
        }
    }

    @Test func anAbortedCopyLeavesNothing() async throws {
        struct Refused: Error {}
        try await withConnection { connection in
            try await connection.script("CREATE TEMP TABLE t (n int)")
            await #expect(throws: Refused.self) {
                try await connection.copyIn("COPY t FROM STDIN") { writer in
                    try await writer.write(Array("1\n2\n".utf8))
                    throw Refused()
                }
            }
            let bad = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY t FROM STDIN") { try await $0.write(Array("1\nx\n".utf8)) }
            }
            #expect(bad?.sqlState == "22P02")
            #expect(bad?.context?.contains("line 2") == true)
            let rows = try await connection.fetch("SELECT n FROM t")
            #expect(rows.isEmpty)
        }
    }

    @Test func copyOutLeftEarlyIsDrained() async throws {
        try await withConnection { connection in
            try await connection.copyOut("COPY (SELECT generate_series(1, 10000000)) TO STDOUT") { reader in
                _ = try await reader.next()
            }
            try await connection.expectUsable()
        }
    }

    @Test func aDescriptionTellsTheColumnsAndRunsNothing() async throws {
        try await withConnection { connection in
            let columns = try await connection.describe("SELECT 1/0 AS n, 'x' AS t, $1::varchar(3) AS v, now()")
            #expect(columns.map(\.name) == ["n", "t", "v", "now"])
            #expect(columns.map(\.typeOID) == [23, 25, 1043, 1184])
            #expect(columns[2].typeModifier == 7)
            #expect(try await connection.describe("SELECT").isEmpty)
            let error = await #expect(throws: PostgresError.self) { try await connection.describe("SELECT nothing") }
            #expect(error?.position == 8)
            try await connection.expectUsable()
        }
    }

    @Test func readingKeepsAViewAsItWasDescribedAndLeavesNoTransaction() async throws {
        let name = "kept_\(UInt32.random(in: 0...(.max)))"
        try await withConnection { other in
            try await other.execute("CREATE VIEW \(identifier: name) AS SELECT 1 AS n")
            try await withConnection { connection in
                try await connection.reading { connection in
                    _ = try await connection.describe("TABLE \(identifier: name)")
                    try await other.execute("SET lock_timeout = 1")
                    let change: SQL = "CREATE OR REPLACE VIEW \(identifier: name) AS SELECT 1 AS n, 2 AS m"
                    let error = await #expect(throws: PostgresError.self) { try await other.execute(change) }
                    #expect(error?.sqlState == "55P03")
                    // Left early: the transaction has failed, and still ends.
                    try await connection.copyOut("COPY (SELECT generate_series(1, 1000000)) TO STDOUT") { reader in
                        _ = try await reader.next()
                    }
                }
                #expect(await connection.transactionStatus == .idle)
                try await connection.expectUsable()
            }
            try await other.execute("DROP VIEW \(identifier: name)")
        }
    }

    @Test func theWrongDirectionOfCopyIsRefused() async throws {
        try await withConnection { connection in
            await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY (SELECT 1) TO STDOUT") { _ in }
            }
            await #expect(throws: PostgresError.self) { try await connection.copyIn("SELECT 1") { _ in } }
            try await connection.expectUsable()
        }
    }
}
