import Testing

@testable import Store

/// What is read from and written into Postgres's own files.
@Suite struct ClusterTextTests {
    @Test(arguments: [
        ("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n", PostgresVersion(major: 15, minor: 20), true),
        ("postgres (PostgreSQL) 15.18\n", PostgresVersion(major: 15, minor: 18), false),
        ("postgres (PostgreSQL) 17.0\n", PostgresVersion(major: 17, minor: 0), true),
        ("postgres (PostgreSQL) 19devel\n", nil, false), ("", nil, false),
    ])
    func versions(_ text: String, _ version: PostgresVersion?, _ isSafe: Bool) {
        #expect(PostgresVersion(parsing: text) == version)
        #expect(PostgresVersion(parsing: text)?.isSafe ?? false == isSafe)
    }

    @Test func thePidFileIsReadLineByLine() {
        let text = "4711\n/d/postgres\n1700000000\n5432\n/d/run\n\n  65545  3\nready   \n"
        let file = PostmasterFile(parsing: text)
        #expect(file?.processID == 4711)
        #expect(file?.socketDirectory == "/d/run")
        #expect(file?.acceptsConnections == true)
        #expect(PostmasterFile(parsing: "4711\n")?.acceptsConnections == false)
        for damaged in ["", "\n", "x\n", "-1\n", "0\n"] { #expect(PostmasterFile(parsing: damaged) == nil) }
    }

    @Test func theIdentMapHasOneLineForEachRoleAndTheSuperuserAlways() throws {
        let text = try IdentMap.text(osUser: "ann.lee", roles: ["s_1", "sluice", "s_2"])
        #expect(
            text.split(separator: "\n").dropFirst() == [
                #"sluice "ann.lee" "sluice""#, #"sluice "ann.lee" "s_1""#, #"sluice "ann.lee" "s_2""#,
            ])
    }

    @Test(arguments: [
        "", "/^.*$", "+group", "all\"", "a b", "Ann", "1a", "é", String(repeating: "a", count: 64), "a\nb",
    ])
    func aRoleThatIsNoneOfOursIsNotWritten(_ role: String) {
        #expect(throws: ClusterError.self) { try IdentMap.text(osUser: "ann", roles: [role]) }
    }

    @Test(arguments: ["", "/.*", "a\"b", "a b", "a\nb"])
    func aUserNameThatWouldBeAPatternIsNotWritten(_ name: String) {
        #expect(throws: ClusterError.self) { try IdentMap.text(osUser: name, roles: []) }
    }

    @Test(
        arguments: [
            ("FATAL:  could not write lock file \"postmaster.pid\": No space left on device", .diskFull),
            ("FATAL:  database files are incompatible with server", .wrongMajorVersion),
            ("FATAL:  data directory \"/d\" has wrong ownership", .dataDirectoryUnusable),
            ("FATAL:  could not open file \"x\": Permission denied", .dataDirectoryUnusable),
            ("FATAL:  lock file \"/d/run/.s.PGSQL.5432.lock\" already exists", .dataDirectoryInUse),
            ("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", .dataDirectoryInUse),
            ("PANIC:  could not locate a valid checkpoint record", .startFailed), ("", .startFailed),
        ] as [(String, ClusterError.Code)])
    func whyPostgresDidNotStart(_ output: String, _ code: ClusterError.Code) {
        let error = StartFailure.classify("LOG:  starting\n\(output)\n", code: .startFailed, logFolder: "/d/log")
        #expect(error.code == code)
        #expect(!error.hint.isEmpty)
        if !output.isEmpty { #expect(error.message.hasSuffix(output)) }
    }

    @Test func settingsQuoteWhatAPathMayHold() {
        let settings = ClusterSettings(
            socketDirectory: "/a 'b\"c", hostAuthenticationFile: "/a\\b", identFile: "/i", logDirectory: "/l",
            clusterName: "n", memoryBytes: 1 << 30)
        #expect(settings.text.contains("unix_socket_directories = '\"/a ''b\"\"c\"'"))
        #expect(settings.text.contains("hba_file = '/a\\\\b'"))
        #expect(settings.text.contains("shared_buffers = '256MB'"))
    }

    @Test(arguments: [
        ("/", ["/"]), ("/a/b", ["/", "/a", "/a/b"]),
    ])
    func theWayToAPlace(_ path: String, _ chain: [String]) { #expect(Reachability.chain(to: path) == chain) }

    @Test(arguments: [("/a/./b/../c", "/a/c"), ("/../x//y/", "/x/y"), ("/", "/")])
    func absolutePaths(_ path: String, _ absolute: String) throws { #expect(try FilePath.absolute(path) == absolute) }
}
