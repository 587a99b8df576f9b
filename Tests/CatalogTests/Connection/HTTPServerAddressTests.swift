import Catalog
import JSON
import Testing

@Suite struct HTTPServerAddressTests {
    private func faults(_ body: JSONValue) -> [JSONFieldError] {
        do {
            _ = try JSONFields.read(body) { ConnectionInput(&$0) }
            return []
        } catch { return error.errors }
    }

    @Test(
        arguments: [
            ("http://files.example.org", "files.example.org", 80),
            ("https://files.example.org/", "files.example.org", 443),
            ("https://files.example.org:8443/a/b%20c/", "files.example.org", 8443),
            ("http://10.0.0.7:81/~x", "10.0.0.7", 81),
            ("http://[2001:db8::1]:8080/a", "2001:db8::1", 8080), ("http://[::1]", "::1", 80),
        ])
    func aURLIsTakenApart(_ url: String, _ host: String, _ port: Int) throws {
        let address = try HTTPServerAddress(url: url)
        #expect((address.host, address.port) == (host, port))
        let spec = ConnectionSpec(config: .http(address))
        #expect(try ConnectionSpec.parse(JSONValue.parse(spec.json.encoded())) == spec)
    }

    @Test(arguments: [
        "", "files.example.org", "ftp://h/", "file:///etc/passwd", "HTTP://h/", "http://", "http:///a", "http://:80/",
        "http://user@h/", "http://user:hunter2@h/", "http://h:0/", "http://h:65536/", "http://h:/", "http://h:8x/",
        "http://h:+80/", "http://a b/", "http://h%00/", "http://h\\@i/", "http://[::1/", "http://[]/", "http://[::1]x/",
        "http://[h]/", "http://a,b/", "http://gr\u{fc}n/", "http://h/?a=hunter2", "http://h?x", "http://h/#a",
        "http://h#a",
        "http://h//", "http://h/a//b", "http://h/..", "http://h/../a", "http://h/a/./b", "http://h/%2e%2E/a",
        "http://h/.%2e/", "http://h/%252e%252e/", "http://h/a%2f..%2fb", "http://h/a%5c..%5cb", "http://h/a\\b",
        "http://h/%",
        "http://h/%2", "http://h/%zz", "http://h/a b", "http://h/gr\u{fc}n", "http://h/a\r\nb", "http://h/a\u{0}",
        "http://h/" + String(repeating: "a", count: 1000),
    ])
    func aURLIsRefusedWithoutBeingQuoted(_ url: String) {
        let found = faults(["kind": "http", "config": ["url": .string(url)]])
        #expect(found.map(\.pointer) == ["/config/url"])
        #expect(!found.description.contains("hunter2"))
    }

    @Test func whatElseIsRefused() {
        let config: JSONValue = ["url": "http://h/"]
        #expect(faults(["kind": "http", "config": [:]]).map(\.pointer) == ["/config/url"])
        #expect(faults(["kind": "http", "config": ["url": 1]]).map(\.pointer) == ["/config/url"])
        #expect(
            faults(["kind": "http", "config": ["url": "http://h/", "user": "u"]]).map(\.pointer) == ["/config/user"])
        #expect(faults(["kind": "http", "config": config, "secret": ["token": "a.b-c_d~e+f/g=="]]).isEmpty)
        #expect(
            faults(["kind": "http", "config": config, "secret": ["password": "x"]]).map(\.pointer) == [
                "/secret/password"
            ])
        for token in ["hunter2 x", "hunter2\r\nX: y", "hunter2\u{fc}", "hunter2\u{7f}", ""] {
            let found = faults(["kind": "http", "config": config, "secret": ["token": .string(token)]])
            #expect(found.map(\.pointer) == ["/secret/token"])
            #expect(!found.description.contains("hunter2"))
        }
    }

    @Test(
        arguments: [
            ("a/b.csv", "a/b.csv"), ("gr\u{fc}n b.csv", "gr%C3%BCn%20b.csv"), ("a?b#c.csv", "a%3Fb%23c.csv"),
            ("100%25.csv", "100%2525.csv"), ("...", "..."), ("a/..b/c..", "a/..b/c.."), ("x@y:z.csv", "x%40y%3Az.csv"),
        ])
    func aPathLiesBelowTheBase(_ path: String, _ sent: String) throws {
        for base in ["http://h/in", "http://h/in/"] {
            #expect(try HTTPServerAddress(url: base).url(ofFile: path) == "http://h/in/\(sent)")
        }
        #expect(try HTTPServerAddress(url: "http://h").url(ofFile: path) == "http://h/\(sent)")
    }

    @Test(arguments: [
        "", "/etc/passwd", "//evil.example/a", "a//b", "..", "../a", "a/../../b", "./a", "a/", "%2e%2e/a", "a/%2E%2e/b",
        ".%2e/a", "%252e%252e/a", "a%2f..%2fb", "a\\..\\b", "..\\a", "a%5c..%5cb", "%2e/a", "a\u{0}b",
    ])
    func aPathDoesNotClimb(_ path: String) throws {
        #expect(try HTTPServerAddress(url: "http://h/in/").url(ofFile: path) == nil)
        let source = FileSource(connection: "c", path: path, format: .csv)
        #expect(ConnectionKind.http.fault(in: .file(source))?.member == "path")
    }

    @Test func aFolderTakesNamesThatAServerMightMisread() {
        let source = FileSource(connection: "c", path: "a%2f..%2fb.csv", format: .csv)
        #expect(ConnectionKind.file.fault(in: .file(source)) == nil)
    }
}
