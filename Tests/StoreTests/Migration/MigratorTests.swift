import EventLoop
import Glibc
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Store

// One after the other: the roles that the embedded migrations make are one set for the cluster.
@Suite(.serialized, .timeLimit(.minutes(3))) struct MigratorTests {
    private static let counter = Atomic<Int>(0)

    /// A migrator of two databases of this test's own, with these migrations in `warehouse`.
    private func migrator(
        _ scripts: [(String, String)]? = nil, user: String? = nil, names: String? = nil
    ) throws -> Migrator {
        let group = try TestLoops.group()
        let number = MigratorTests.counter.add(1, ordering: .relaxed).newValue
        var migrator = Migrator(
            options: try TestCluster.shared().options(user: user), loop: group.next(), blocking: group.blocking)
        let suffix = names ?? "migrator_\(number)"
        migrator.databaseName = { "\($0.rawValue)_\(suffix)" }
        if let scripts {
            migrator.migrations = { database in
                guard database == .warehouse else { return [] }
                return scripts.map { EmbeddedMigration(database: "warehouse", name: $0.0, sql: $0.1) }
            }
        }
        return migrator
    }

    private func run(_ migrator: Migrator) async throws -> [String] {
        try await TestLoops.run(on: migrator.loop) { try await migrator.run().first?.applied ?? [] }
    }

    private func ask(_ migrator: Migrator, _ sql: SQL) async throws -> String {
        var options = try TestCluster.shared().options()
        options.database = migrator.databaseName(.warehouse)
        let connection = try await TestLoops.connect(options)
        let answer = try await connection.query(sql).first?.decode(at: 0, as: String.self)
        await connection.close()
        return try #require(answer)
    }

    private func refusal(_ migrator: Migrator) async throws -> MigrationError? {
        do {
            _ = try await run(migrator)
            return nil
        } catch let error as MigrationError { return error }
    }

    @Test func theEmbeddedMigrationsApplyOnce() async throws {
        _ = try await TestPlatform.make()
        let migrator = try migrator()
        #expect(try await run(migrator) == PlatformDatabase.warehouse.migrations.map(\.name))
        #expect(try await run(migrator) == [])
        #expect(
            try await ask(
                migrator, "SELECT has_database_privilege('public', current_database(), 'CONNECT')::text") == "false")
    }

    @Test func severalProgramsAtOnceApplyEachMigrationOnce() async throws {
        let scripts = (1...9).map { ("m\($0)", "CREATE TABLE t\($0) (x int)") }
        let first = try migrator(scripts)
        let suffix = String(first.databaseName(.warehouse).dropFirst("warehouse_".count))
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                let migrator = try migrator(scripts, names: suffix)
                group.addTask { try await run(migrator) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == scripts.map(\.0))
    }

    @Test func aMigrationThatFailsLeavesNothingBehindAndThoseBeforeItStay() async throws {
        let scripts = [
            ("m1", "CREATE TABLE one (x int)"), ("m2", "CREATE TABLE two (x int); SELECT 1 / 0"),
            ("m3", "CREATE TABLE three (x int)"),
        ]
        let error = try await refusal(migrator(scripts, names: "failing"))
        #expect(error?.code == .statementFailed)
        #expect(error?.cause?.sqlState == "22012")
        #expect(error?.message.contains("warehouse/m2.sql") == true)
        let mended = try migrator([scripts[0], ("m2", "CREATE TABLE two (x int)"), scripts[2]], names: "failing")
        #expect(try await run(mended) == ["m2", "m3"])
    }

    @Test func whatOneMigrationSetsEndsWithIt() async throws {
        let migrator = try migrator([
            ("m1", "CREATE ROLE migration_test_owner; SET LOCAL ROLE migration_test_owner; SET LOCAL search_path = ''"),
            ("m2", "CREATE TABLE who AS SELECT current_user::text AS name, current_setting('search_path') AS path"),
        ])
        #expect(try await run(migrator) == ["m1", "m2"])
        let superuser = try TestCluster.shared().superuser
        #expect(try await ask(migrator, "SELECT name || path FROM public.who") == "\(superuser)\"$user\", public")
    }

    @Test func aStatementThatRefusesTransactionsRunsOutsideOfOne() async throws {
        let migrator = try migrator([
            ("m1", "CREATE TABLE t (x int)"),
            ("m2", "-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_x_idx ON t (x)"),
        ])
        #expect(try await run(migrator) == ["m1", "m2"])
        #expect(try await run(migrator) == [])
        #expect(try await ask(migrator, "SELECT indexname::text FROM pg_indexes WHERE tablename = 't'") == "t_x_idx")
    }

    @Test func whereTheLoginIsNoSuperuserOneRunsTheScriptOnce() async throws {
        _ = try await TestPlatform.make()
        let cluster = try TestCluster.shared()
        let superuser = try await TestLoops.connect(cluster.options())
        try await superuser.script(
            "CREATE ROLE migration_test_login LOGIN; GRANT CONNECT ON DATABASE postgres TO migration_test_login")
        await superuser.close()
        let migrator = try migrator(user: "migration_test_login", names: "privileged")
        let early = try await refusal(migrator)
        #expect(early?.code == .serverUnsuitable)
        #expect(early?.hint.contains("--print-privileged") == true)

        let script = PrivilegedScript.text(login: "migration_test_login", databaseName: migrator.databaseName) {
            $0.migrations
        }
        let folder = try TemporaryFolder()
        try Directory(opening: folder.path).replaceFile(
            "script.sql", with: script, user: geteuid(), group: getegid(), mode: 0o644)
        // A second run, as after an upgrade, does nothing.
        for _ in 0..<2 {
            let answer = try ProcessHandle.run(
                ProcessSpecification(
                    executable: "/usr/bin/psql",
                    arguments: [
                        "-Xq", "--set", "ON_ERROR_STOP=1", "-h", cluster.socketDirectory, "-U", cluster.superuser,
                        "-d", "postgres", "-f", "\(folder.path)/script.sql",
                    ], environment: ["PATH=/usr/bin:/bin"]), within: .seconds(60))
            #expect(answer.status == 0, "\(answer.output)")
        }
        #expect(
            try await run(migrator)
                == PlatformDatabase.warehouse.migrations.filter { !$0.isPrivileged }.map(\.name))
    }

    @Test func aPrivilegedMigrationThatIsDueSaysSo() async throws {
        let cluster = try TestCluster.shared()
        let superuser = try await TestLoops.connect(cluster.options())
        try await superuser.script(
            "CREATE ROLE migration_test_plain LOGIN CREATEDB; GRANT CONNECT ON DATABASE postgres TO migration_test_plain"
        )
        await superuser.close()
        let migrator = try migrator([("m1_privileged", "SELECT 1")], user: "migration_test_plain")
        #expect(try await refusal(migrator)?.code == .needsSuperuser)
    }
}
