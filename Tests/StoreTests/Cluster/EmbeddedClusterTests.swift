import Glibc
import TestSupport
import Testing

@testable import Store

@Suite(.blocking, .timeLimit(.minutes(3))) struct EmbeddedClusterTests {
    @Test func aFreshClusterHasTheSettingsThatAreDearToChangeLater() throws {
        let fixture = try ClusterFixture()
        #expect(try fixture.start() == .started)
        let expected = [
            ("data_checksums", "on"), ("wal_level", "logical"), ("archive_mode", "on"), ("listen_addresses", ""),
            ("server_encoding", "UTF8"), ("jit", "off"), ("password_encryption", "scram-sha-256"), ("TimeZone", "UTC"),
            ("log_min_messages", "log"), ("log_min_error_statement", "panic"), ("max_connections", "120"),
        ]
        for (name, value) in expected { #expect(try fixture.psql("SHOW \(name)") == value, "\(name)") }
        #expect(
            try fixture.psql("SELECT datcollate || ' ' || datctype FROM pg_database WHERE datname = 'template1'")
                == "C.UTF-8 C.UTF-8")
        #expect(
            try fixture.psql(
                "SELECT type, database, user_name, address, auth_method, options FROM pg_hba_file_rules")
                == "local|{all}|{all}||peer|{map=sluice}")
    }

    @Test func onlyTheServersUserGetsToTheSocketAndTheFiles() throws {
        guard OSUser.isRoot else { return }
        let fixture = try ClusterFixture()
        try fixture.start()
        let job = try #require(OSUser.named("sluice-job"))
        #expect(try fixture.psql("SELECT 1", as: job) == nil)
        #expect(try fixture.psql("SELECT 1", role: "postgres") == nil)
        func canRead(_ path: String, _ user: OSUser) throws -> Bool {
            var specification = ProcessSpecification(executable: "/bin/ls", arguments: [path])
            specification.user = user
            specification.workingDirectory = "/"
            return try ProcessHandle.run(specification, within: .seconds(10)).status == 0
        }
        for name in ["postgres", "conf", "ident", "run", "log", ""] {
            #expect(try !canRead("\(fixture.dataDirectory)/\(name)", job), "\(name)")
        }
        #expect(try !canRead("\(fixture.dataDirectory)/postgres", fixture.users.server))
        #expect(try canRead("\(fixture.dataDirectory)/run", fixture.users.server))
    }

    @Test func aRunningPostmasterIsAdopted() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        let first = try #require(fixture.cluster?.postmaster?.id)
        fixture.forget()
        #expect(try fixture.start() == .adopted)
        #expect(fixture.cluster?.postmaster?.id == first)
        #expect(try fixture.psql("SELECT 1") == "1")
        #expect(fixture.cluster?.stop(within: .seconds(20)) == true)
        #expect(fixture.cluster?.postmaster == nil)
        #expect(try fixture.start() == .started)
    }

    @Test func aRunningPostmasterIsRestartedWhenItsSettingsChanged() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        let first = try #require(fixture.cluster?.postmaster?.id)
        fixture.forget()
        let configuration = try Directory(opening: "\(fixture.dataDirectory)/conf")
        try configuration.append("max_connections = 7\n", to: "postgresql.conf")
        #expect(try fixture.start() == .started)
        #expect(fixture.cluster?.postmaster?.id != first)
        #expect(try fixture.psql("SHOW max_connections") == "120")
    }

    @Test func committedRowsSurviveTheDeathOfThePostmaster() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        _ = try fixture.psql("CREATE TABLE t AS SELECT 42 AS answer")
        let postmaster = try #require(fixture.cluster?.postmaster)
        postmaster.signal(SIGKILL)
        #expect(postmaster.hasEnded(within: .seconds(10)))
        fixture.forget()
        #expect(try fixture.start() == .recovered)
        #expect(try fixture.psql("SELECT answer FROM t") == "42")
    }

    @Test func aPostmasterThatDiesIsStartedAgainInPlace() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        let postmaster = try #require(fixture.cluster?.postmaster)
        postmaster.signal(SIGKILL)
        #expect(postmaster.hasEnded(within: .seconds(10)))
        try fixture.cluster?.relaunch()
        #expect(fixture.cluster?.postmaster?.id != postmaster.id)
        #expect(try fixture.start(fixture.dataDirectory + "/../data") == .adopted)
        #expect(try fixture.psql("SELECT 1") == "1")
    }

    @Test func committedRowsSurviveTheDeathOfEveryProcess() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        _ = try fixture.psql("CREATE TABLE t AS SELECT 42 AS answer")
        let processes = try fixture.processes()
        #expect(processes.count > 3)
        for process in processes { process.signal(SIGKILL) }
        for process in processes { #expect(process.hasEnded(within: .seconds(10))) }
        fixture.forget()
        #expect(try fixture.start() == .recovered)
        #expect(try fixture.psql("SELECT answer FROM t") == "42")
    }

    @Test func aStalePidFileDoesNotStopAStartThoughItsNumberIsTakenByAnother() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        let processes = try fixture.processes()
        for process in processes { process.signal(SIGKILL) }
        for process in processes { #expect(process.hasEnded(within: .seconds(10))) }
        fixture.forget()

        // Postgres takes any live process of its user for its predecessor.
        var specification = ProcessSpecification(executable: "/bin/sleep", arguments: ["300"])
        specification.user = fixture.users.areSeparate ? fixture.users.postgres : nil
        let other = try ProcessHandle(starting: specification)
        defer {
            other.signal(SIGKILL)
            _ = other.hasEnded(within: .seconds(5))
            _ = other.reap()
        }
        let directory = try Directory(opening: "\(fixture.dataDirectory)/postgres")
        let file = try #require(try directory.read("postmaster.pid"))
        let rest = file.drop { $0 != "\n" }
        let postgres = fixture.users.postgres
        try directory.replaceFile(
            "postmaster.pid", with: "\(other.id)\(rest)", user: postgres.id, group: postgres.group, mode: 0o600)
        #expect(try fixture.start() == .recovered)
        #expect(!other.hasEnded)
    }

    @Test func aHalfMadeClusterIsThrownAwayAndMadeAnew() throws {
        let fixture = try ClusterFixture()
        let (data, lock) = try DataDirectory.prepare(fixture.dataDirectory, users: fixture.users) { _, _ in }
        let name = Initialisation.unfinishedName
        let unfinished = try data.open().makeDirectory(name, user: 0, group: 0, mode: 0o700)
        try unfinished.replaceFile("PG_VERSION", with: "15\n", user: 0, group: 0, mode: 0o600)
        _ = consume lock
        #expect(try fixture.start() == .started)
        #expect(try data.open().entry(name) == nil)
    }

    @Test func aRoleOfTheIdentMapLogsInAfterTheReload() throws {
        let fixture = try ClusterFixture()
        try fixture.start()
        let cluster = try #require(fixture.cluster)
        _ = try fixture.psql("CREATE ROLE s_7 LOGIN")
        #expect(try fixture.psql("SELECT 1", role: "s_7") == nil)
        try cluster.data.identMap.write(osUser: fixture.users.server.name, roles: ["s_7"])
        // pg_reload_conf only asks for the reload: the view, which reads the file, is no proof of it.
        _ = try fixture.psql("SELECT pg_reload_conf()")
        var answer = try fixture.psql("SELECT session_user", role: "s_7")
        for _ in 0..<100 where answer == nil { answer = try fixture.psql("SELECT session_user", role: "s_7") }
        #expect(answer == "s_7")
        #expect(try fixture.psql("SELECT session_user") == "sluice")
    }

    @Test func whereTheSocketsPathWouldBeTooLongItIsInAShorterFolder() throws {
        let fixture = try ClusterFixture()
        let path = "\(fixture.folder.path)/\(String(repeating: "long", count: 25))/data"
        #expect(try fixture.start(path) == .started)
        let cluster = try #require(fixture.cluster)
        #expect(SocketDirectory.fits(cluster.socketDirectory))
        #expect(try FilePath.real("\(path)/run") == FilePath.real(cluster.socketDirectory))
        #expect(try fixture.psql("SELECT 1") == "1")
        cluster.stop(within: .seconds(20))
        rmdir(cluster.socketDirectory)
    }
}
