import Catalog
import JSON
import Testing

@Suite struct ConnectionSpecTests {
    private static let server: JSONObject = ["host": "db.example.org", "database": "chinook", "user": "reader"]

    private func read(_ body: JSONValue) throws -> ConnectionInput {
        try JSONFields.read(body) { ConnectionInput(&$0) }
    }

    private func faults(_ body: JSONValue) -> [JSONFieldError] {
        do {
            _ = try JSONFields.read(body) { ConnectionInput(&$0) }
            return []
        } catch {
            return error.errors
        }
    }

    @Test func readsAFolderAndAServer() throws {
        let folder = try read(["kind": "file", "config": ["path": "openflights"]])
        #expect(folder.spec.config == .file(FileFolder(path: "openflights")))
        let server = try read([
            "kind": "postgres", "config": .object(Self.server), "secret": ["password": "hunter2"],
        ])
        #expect(
            server.spec.config
                == .postgres(PostgresServer(host: "db.example.org", database: "chinook", user: "reader")))
        guard case .set(let secret) = server.secret else {
            Issue.record("has no secret")
            return
        }
        #expect(secret["password"] == "hunter2")
    }

    @Test func absentSecretsStayAndNullOnesGo() throws {
        #expect(try read(["kind": "postgres", "config": .object(Self.server)]).secret == .unchanged)
        #expect(try read(["kind": "postgres", "config": .object(Self.server), "secret": .null]).secret == .removed)
    }

    @Test func whatIsShownReadsBackAsTheSame() throws {
        let spec = try read(["kind": "postgres", "config": .object(Self.server), "description": "x"]).spec
        #expect(try ConnectionSpec.parse(JSONValue.parse(spec.json.encoded())) == spec)
    }

    @Test func aSecretPrintsNothingOfItself() throws {
        let input = try read([
            "kind": "postgres", "config": .object(Self.server), "secret": ["password": "hunter2"],
        ])
        var dumped = ""
        dump(input, to: &dumped)
        for text in ["\(input)", String(reflecting: input), dumped] { #expect(!text.contains("hunter2")) }
    }

    @Test func aSecretReadsBackFromItsOneText() throws {
        let secret = ConnectionSecret(["password": "pä\"ss"])
        #expect(try ConnectionSecret(opened: JSONValue.parse(secret.json.encoded())) == secret)
    }

    @Test(
        arguments: [
            (["config": ["path": "x"]], "/kind"),
            (["kind": "ftp", "config": ["path": "x"]], "/kind"),
            (["kind": "mysql", "config": ["host": "x"], "secret": ["password": "x"]], "/kind"),
            (["kind": "file"], "/config"),
            (["kind": "file", "config": ["path": ""]], "/config/path"),
            (["kind": "file", "config": ["path": "../x"]], "/config/path"),
            (["kind": "file", "config": ["path": "a\u{0}b"]], "/config/path"),
            (["kind": "file", "config": ["folder": "x", "path": "x"]], "/config/folder"),
            (["kind": "file", "config": ["path": "x"], "secret": ["password": "x"]], "/secret/password"),
        ] as [(JSONObject, String)])
    func isRefused(_ body: JSONObject, _ pointer: String) {
        #expect(faults(.object(body)).map(\.pointer) == [pointer])
    }

    @Test(
        arguments: [
            ("host", "/run/postgresql"), ("host", "@abstract"), ("host", "a,b"), ("host", ""), ("host", "a b"),
            ("port", 0), ("port", 65_536), ("port", "x"), ("database", ""), ("user", "a\u{0}"),
            ("sslMode", "verify-full"),
            ("options", "-c x=y"), ("password", "hunter2"),
        ] as [(String, JSONValue)])
    func aServerIsRefused(_ field: String, _ value: JSONValue) {
        var config = Self.server
        config[field] = value
        let found = faults(["kind": "postgres", "config": .object(config)])
        #expect(found.map(\.pointer) == ["/config/\(field)"])
        #expect(!found.description.contains("hunter2"))
    }

    @Test(arguments: ["", "a\u{0}", String(repeating: "x", count: 1001)])
    func aPasswordIsRefusedWithoutBeingQuoted(_ password: String) {
        let found = faults([
            "kind": "postgres", "config": .object(Self.server), "secret": ["password": .string(password)],
        ])
        #expect(found.map(\.pointer) == ["/secret/password"])
        #expect(found.allSatisfy { password.isEmpty || !$0.detail.contains(password) })
    }
}
