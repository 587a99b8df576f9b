import HTTPServer
import Ingestion
import JSON
import Testing

@testable import API

@Suite struct LoadTests {
    @Test func threeFormatsLoadTheSameRows() async throws {
        let api = try await LoadFixture.make()
        let uploads = [
            ("text/csv", "id,name,day\n1,\"two\nlines\",2026-01-31\n2,,\n"),
            (
                "application/x-ndjson; charset=utf-8",
                #"{"id": 3, "name": "two\nlines", "day": "2026-01-31"}"# + "\n" + #"{"id":4}"#
            ),
            ("application/json", #"[{"name": "two\nlines", "id": 5, "day": "2026-01-31"}, {"id": 6, "name": null}]"#),
        ]
        for (type, body) in uploads {
            let answer = try await api.load(body, type: type)
            #expect(answer.status == 200, "\(type): \(answer.text)")
            let counts = #"{"read":2,"written":2,"unchanged":0,"quarantined":0,"dropped":0,"warned":0}"#
            #expect(answer.text == #"{"rows":\#(counts)}"#)
        }
        let table = try await api.table()
        let rows = try await api.value(
            "SELECT string_agg(DISTINCT coalesce(name, '-') || coalesce(day::text, '-'), '|') FROM \(table)")
        #expect(rows == "--|two\nlines2026-01-31")
        #expect(try await api.rowCount() == "6")
    }

    @Test func aLoadIsAuditedAndDatedButIsNoChangeOfWhatIsDeclared() async throws {
        let api = try await LoadFixture.make()
        let before = try await api.value("SELECT version || ' ' || epoch FROM sluice.dataset, sluice.policy_epoch")
        #expect(try await api.load("id\n1\n").status == 200)
        #expect(
            try await api.value("SELECT version || ' ' || epoch FROM sluice.dataset, sluice.policy_epoch") == before)
        #expect(try await api.value("SELECT loaded_at > created_at FROM sluice.dataset") == "true")
        let audited = try await api.value(
            """
            SELECT string_agg(principal || ' ' || object || ' ' || (after->'rows'->>'written'), ',')
            FROM sluice.change_audit WHERE action = 'load'
            """)
        #expect(audited == "admin dataset lab.samples 1")
    }

    @Test(arguments: [
        ("text/csv", "", "invalid_rows", ["/1"]),
        ("text/csv", "id\n", "", []),
        ("text/csv", "id,colour\n1,red\n", "invalid_rows", ["/1"]),
        ("text/csv", "id,name\n1\n2,a,b\n", "invalid_rows", ["/2", "/3"]),
        ("text/csv", "id,name\n1,a\n,b\nx,c\n", "invalid_rows", ["/3/id", "/4/id"]),
        ("text/csv", "id,amount\n1,\"1\n2,3\n", "invalid_rows", ["/2"]),
        ("text/csv", "id,name\n1,\"a\n\n\"\n1,b\n", "invalid_rows", ["/5/id"]),
        ("application/x-ndjson", "", "", []),
        ("application/x-ndjson", "{\"id\":1}\n\n{\"id\":2,\"day\":\"2026-02-30\"}\n", "invalid_rows", ["/3/day"]),
        ("application/x-ndjson", "{\"id\":1}\n{\"id\":\n", "invalid_rows", ["/2"]),
        ("application/json", "[]", "", []),
        ("application/json", "", "malformed_json", ["/0"]),
        ("application/json", "[{\"id\":1},", "malformed_json", ["/1"]),
        ("application/json", "{\"id\":1}", "malformed_json", ["/0"]),
        ("application/json", "[{\"id\":1},{\"id\":2,\"name\":7}]", "invalid_rows", ["/1/name"]),
        ("application/json", "[{\"id\":1},{\"id\":2,\"amount\":12345}]", "invalid_rows", ["/1/amount"]),
        ("application/json", "[{\"id\":1},\n{\"id\":2},\n{\"id\":2}]", "invalid_rows", ["/2/id"]),
    ])
    func wrongRowsAreNamedAndNothingIsLoaded(
        _ type: String, _ body: String, _ code: String, _ pointers: [String]
    ) async throws {
        let api = try await LoadFixture.make()
        let answer = try await api.load(body, type: type)
        #expect(answer.code ?? "" == code, "\(answer.text)")
        #expect(answer.pointers == pointers, "\(answer.text)")
        #expect(try await api.rowCount() == "0")
        #expect(try await api.value("SELECT loaded_at IS NULL FROM sluice.dataset") == (code == "" ? "false" : "true"))
    }

    @Test func aKeyThatTheDatasetHasIsRefusedByLineAndColumnWithoutAnyValue() async throws {
        let api = try await LoadFixture.make()
        #expect(try await api.load("id,name\n71077345,first\n").status == 200)
        let answer = try await api.load("id,name\n1,quince\n71077345,medlar\n")
        #expect(answer.status == 422)
        #expect(answer.pointers == ["/3/id"])
        #expect(answer.text.contains("the primary key (id) is taken"))
        for value in ["71077345", "quince", "medlar"] { #expect(!answer.text.contains(value), "\(answer.text)") }
        #expect(try await api.rowCount() == "1")
    }

    @Test func aRowFarBehindTheFirstStatementIsFoundByItsLine() async throws {
        let api = try await LoadFixture.make()
        let long = String(repeating: "x", count: 1 << 20)
        // 20 MiB: several COPY statements; each record takes two lines.
        let rows = (1...20).map { "\($0),\"\(long)\n\"" }.joined(separator: "\n")
        let answer = try await api.load("id,name\n\(rows)\n7,again\n")
        #expect(answer.pointers == ["/42/id"], "\(answer.code ?? "")")
        #expect(try await api.rowCount() == "0")
        #expect(try await api.load("id,name\n\(rows)\n").written == "20")
    }

    @Test func whoMayNotWriteIsRefusedAndWhoSeesNothingIsToldNothing() async throws {
        let api = try await LoadFixture.make()
        let reader = try await api.makePrincipal("reader", "select")
        let writer = try await api.makePrincipal("writer", "write")
        let outsider = try await api.makePrincipal("outsider", nil)
        #expect(try await api.load("id\n1\n", token: reader).status == 403)
        #expect(try await api.load("id\n1\n", token: outsider).code == "not_found")
        #expect(try await api.load("id\n1\n", token: "slt_wrong").status == 401)
        #expect(try await api.load("id\n1\n", token: writer).written == "1")
        #expect(try await api.call(.post, "/api/v1/datasets/lab.none/rows", "[]").status == 404)
        #expect(try await api.rowCount() == "1")
    }

    @Test(arguments: [
        "text/plain", "", "application/xml", "text/csv; charset=iso-8859-1", "text/csv; header=absent",
        "application/json; charset=utf-16",
    ])
    func otherFormatsAreRefused(_ type: String) async throws {
        let request = try Request(.post, LoadFixture.rows, fields: ["Content-Type": type])
        #expect { try request.uploadFormat() } throws: { Problem.mapping($0)?.status == 415 }
        let packed = try Request(
            .post, LoadFixture.rows, fields: ["Content-Type": "text/csv", "Content-Encoding": "gzip"])
        #expect { try packed.uploadFormat() } throws: { Problem.mapping($0)?.status == 415 }
    }

    @Test(arguments: [
        ("text/csv", "csv"), ("Text/CSV; Charset=\"UTF-8\"; header=present", "csv"), ("application/json", "json"),
        ("application/x-ndjson;charset=us-ascii", "ndjson"),
    ])
    func theFormatIsThatOfTheContentType(_ type: String, _ format: String) throws {
        let request = try Request(
            .post, LoadFixture.rows, fields: ["Content-Type": type, "Content-Encoding": "identity"])
        #expect(try request.uploadFormat().rawValue == format)
    }
}
