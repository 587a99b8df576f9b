import EventLoop
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PipelineTests {
    @Test func callersOfOneTickGetTheirOwnAnswers() async throws {
        try await withPipeline { pipeline in
            let answers = await withTaskGroup(of: (Int, Int?).self) { group in
                for n in 0..<200 {
                    group.addTask(executorPreference: pipeline.loop) {
                        (n, try? await pipeline.query("SELECT \(n) * 2 AS n").first?.decode("n", as: Int.self))
                    }
                }
                return await group.reduce(into: [Int: Int?]()) { $0[$1.0] = $1.1 }
            }
            #expect(answers == Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, $0 * 2) }))
            #expect(await pipeline.preparedStatementCount == 1)
        }
    }

    @Test func aFailureInTheMiddleTakesNobodyAlong() async throws {
        try await withPipeline { pipeline in
            let failed = await withTaskGroup(of: (Int, Result<Int, any Error>).self) { group in
                for n in 0..<100 {
                    group.addTask(executorPreference: pipeline.loop) {
                        do {
                            let rows = try await pipeline.query("SELECT 100 / (\(n % 10) - 3) AS n")
                            return (n, .success(try rows[0].decode("n", as: Int.self)))
                        } catch {
                            return (n, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [Int: Result<Int, any Error>]()) { $0[$1.0] = $1.1 }
            }
            for n in 0..<100 {
                switch failed[n] {
                case .success(let value): #expect(n % 10 != 3 && value == 100 / (n % 10 - 3), "\(n)")
                case .failure(let error as PostgresError):
                    #expect(n % 10 == 3 && error.sqlState == "22012", "\(n): \(error)")
                default: Issue.record("no answer for \(n)")
                }
            }
        }
    }

    /// One batch is one transaction, in which `now()` stands still.
    @Test func whatIsAskedWhileABatchIsOutLeavesTogether() async throws {
        try await withConnection { holder in
            try await holder.execute("SELECT pg_advisory_lock(417)")
            var configuration = Pipeline.Configuration()
            configuration.timeout = .seconds(60)
            try await withPipeline(configuration) { pipeline in
                let loop = pipeline.loop
                let first = loop.spawnThrowing {
                    try await pipeline.query("SELECT now()::text, pg_advisory_xact_lock(417)")
                }
                while await pipeline.inFlight < 2 { try await loop.sleep(for: .milliseconds(1)) }
                var later: [Task<[Row], any Error>] = []
                for _ in 0..<5 {
                    let before = await pipeline.inFlight
                    later.append(loop.spawnThrowing { try await pipeline.query("SELECT now()::text") })
                    // A tick of the loop at least.
                    while await pipeline.inFlight == before { try await loop.sleep(for: .milliseconds(1)) }
                }
                try await holder.execute("SELECT pg_advisory_unlock(417)")
                let start: String = try await first.value[0].decode(at: 0)
                var moments: Set<String> = []
                for task in later { moments.insert(try await task.value[0].decode(at: 0)) }
                #expect(moments.count == 1 && !moments.contains(start))
            }
        }
    }

    @Test func aStatementThatCannotBePreparedFailsItsCallersOnly() async throws {
        try await withPipeline { pipeline in
            let outcomes = await withTaskGroup(of: (Bool, String?).self) { group in
                for n in 0..<40 {
                    group.addTask(executorPreference: pipeline.loop) {
                        let bad = n % 4 == 0
                        do {
                            _ = try await pipeline.query(bad ? "SELECT \(n) FRO x" : "SELECT \(n) AS n")
                            return (bad, nil)
                        } catch {
                            return (bad, (error as? PostgresError)?.sqlState ?? "other")
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count == 40)
            for (bad, state) in outcomes { #expect(state == (bad ? "42601" : nil)) }
        }
    }

    @Test func evictedStatementsAreDeallocated() async throws {
        var configuration = Pipeline.Configuration()
        configuration.preparedStatements = 4
        try await withPipeline(configuration) { pipeline in
            for n in 0..<20 {
                let rows = try await pipeline.query("SELECT \(1) + \(raw: SQL(unsafe: "\(n)")) AS n")
                #expect(try rows[0].decode("n", as: Int.self) == n + 1)
            }
            #expect(await pipeline.preparedStatementCount == 4)
            let names = try await pipeline.query("SELECT name FROM pg_prepared_statements")
            #expect(names.count <= 5)
        }
    }

    @Test func resultsOverTheBoundAreRefused() async throws {
        var configuration = Pipeline.Configuration()
        configuration.maxResultBytes = 10_000
        try await withPipeline(configuration) { pipeline in
            async let small = pipeline.query("SELECT \(1) AS n")
            let error = await #expect(throws: PostgresError.self) {
                try await pipeline.query("SELECT repeat('x', 100) FROM generate_series(1, 100000)")
            }
            #expect(error?.code == .resultTooLarge)
            let count = try await small.count
            #expect(count == 1)
            try await pipeline.expectUsable()
        }
    }

    @Test func aTerminatedBackendFailsEverythingInFlight() async throws {
        try await withPipeline { pipeline in
            let watcher = try await TestLoops.connect(try TestCluster.shared().options())
            let pid = await pipeline.backendPID
            let tasks = (0..<20).map { n in
                pipeline.loop.spawnThrowing { try await pipeline.query("SELECT pg_sleep(60), \(n)") }
            }
            try await watcher.waitUntil("SELECT state = 'active' FROM pg_stat_activity WHERE pid = \(pid)")
            try await watcher.execute("SELECT pg_terminate_backend(\(pid))")
            await expectTerminated(tasks)
            #expect(await !pipeline.isOpen)
            let later = await #expect(throws: PostgresError.self) { try await pipeline.query("SELECT 1") }
            #expect(later?.code == .connectionFailed)
            await watcher.close()
        }
    }

    @Test func aStatementPastItsDeadlineEndsTheSessionAndIsCancelled() async throws {
        var configuration = Pipeline.Configuration()
        configuration.timeout = .milliseconds(100)
        try await withPipeline(configuration) { pipeline in
            let pid = await pipeline.backendPID
            let error = await #expect(throws: PostgresError.self) { try await pipeline.query("SELECT pg_sleep(60)") }
            #expect(error?.code == .timedOut)
            try await withConnection { watcher in
                try await watcher.waitUntil("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = \(pid)")
            }
        }
    }

    @Test func moreThanFitsInFlightIsRefused() async throws {
        var configuration = Pipeline.Configuration()
        configuration.maxInFlight = 8
        try await withPipeline(configuration) { pipeline in
            let refused = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 {
                    group.addTask(executorPreference: pipeline.loop) {
                        do {
                            _ = try await pipeline.query("SELECT 1")
                            return false
                        } catch {
                            return (error as? PostgresError)?.code == .saturated
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused > 0)
            try await pipeline.expectUsable()
        }
    }

    @Test(arguments: 0..<8) func everyCallerGetsItsAnswerUnderAnyMix(_ seed: Int) async throws {
        var configuration = Pipeline.Configuration()
        configuration.preparedStatements = 5
        configuration.takesRowsSingly = seed % 2 == 0
        try await withPipeline(configuration) { pipeline in
            let wrong = await withTaskGroup(of: Int.self) { group in
                for worker in 0..<16 {
                    group.addTask(executorPreference: pipeline.loop) {
                        var random = SeededGenerator(seed: UInt64(seed * 100 + worker))
                        var wrong = 0
                        for _ in 0..<60 {
                            let value = Int(random.next() % 1000)
                            let kind = Int(random.next() % 12)
                            let answer: Int?
                            let expected: Int?
                            switch kind {
                            case 0:
                                answer = try? await pipeline.query("SELECT \(value) / 0 AS n").first?.decode("n")
                                expected = nil
                            case 1:
                                answer = try? await pipeline.query("SELEC \(value)").first?.decode("n")
                                expected = nil
                            default:
                                let shape = SQL(unsafe: "\(kind)")
                                answer = try? await pipeline.query("SELECT \(value) + \(raw: shape) AS n").first?
                                    .decode("n")
                                expected = value + kind
                            }
                            if answer != expected { wrong += 1 }
                        }
                        return wrong
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(wrong == 0, "seed \(seed)")
            // The end of the last batch comes behind its last answer; the suite's time limit ends the wait.
            while await pipeline.inFlight > 0 { try await pipeline.loop.sleep(for: .milliseconds(1)) }
        }
    }
}
