import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store
import Testing

@testable import API

@Suite(.timeLimit(.minutes(2))) struct PipelineTests {
    private static let path = "/api/v1/pipelines/travel.nightly"

    /// A fixture with connections `files` in travel and `theirs` in sales.
    private func prepare() async throws -> PipelineFixture {
        let fixture = try await PipelineFixture.make()
        for address in ["travel.files", "sales.theirs"] {
            try await fixture.installation.expect(
                201, .put, "/api/v1/connections/\(address)", PipelineFixture.folder)
        }
        return fixture
    }

    @discardableResult
    private func put(
        _ fixture: PipelineFixture, _ status: Int, _ body: JSONValue, token: String? = nil
    ) async throws -> Installation.Answer {
        try await fixture.installation.expect(status, .put, Self.path, body, token: token ?? fixture.writer)
    }

    @Test func aWriterOfTheDomainMakesReadsAndDeletesOne() async throws {
        let fixture = try await prepare()
        let made = try await put(fixture, 201, PipelineFixture.pipeline())
        #expect(made.body["runAs"] == "travel_pipelines")
        #expect(made.body["paused"] == false)
        #expect(made.body["steps"]?[0]?["ingest"]?["onTypeError"] == "quarantine")
        let read = try await fixture.installation.expect(200, .get, Self.path, token: fixture.reader)
        #expect(read.body == made.body)
        for query in ["domain=travel", "dataset=travel.airports", "connection=travel.files"] {
            let list = try await fixture.installation.expect(
                200, .get, "/api/v1/pipelines?\(query)", token: fixture.reader)
            #expect(list.body["items"] == [made.body], "\(query)")
        }
        #expect(
            try await fixture.installation.expect(200, .get, "/api/v1/pipelines?connection=sales.theirs")
                .body["items"] == [])
        try await put(fixture, 403, PipelineFixture.pipeline(), token: fixture.reader)
        try await fixture.installation.expect(403, .delete, Self.path, token: fixture.reader)
        try await fixture.installation.expect(204, .delete, Self.path, token: fixture.writer)
        try await fixture.installation.expect(404, .get, Self.path, token: fixture.writer)
    }

    @Test func theServicePrincipalIsMadeOnceWithWriteOnItsDomain() async throws {
        let fixture = try await prepare()
        try await put(fixture, 201, PipelineFixture.pipeline())
        let before = try await fixture.installation.value("SELECT count(*) FROM sluice.principal")
        try await put(fixture, 200, PipelineFixture.pipeline(into: "travel.other"))
        #expect(try await fixture.installation.value("SELECT count(*) FROM sluice.principal") == before)
        let grants = try await fixture.installation.value(
            """
            SELECT string_agg(body->>'privilege' || ' on ' || (body->>'on'), ',') FROM sluice.grant_document
            WHERE body->>'to' = 'user:travel_pipelines'
            """)
        #expect(grants == "write on domain:travel")
        // It goes with its domain.
        try await fixture.installation.expect(409, .delete, "/api/v1/principals/travel_pipelines", ifMatch: "*")
        try await fixture.installation.expect(204, .delete, Self.path)
        try await fixture.installation.expect(204, .delete, "/api/v1/connections/travel.files")
        try await fixture.installation.expect(204, .delete, "/api/v1/domains/travel")
        try await fixture.installation.expect(404, .get, "/api/v1/principals/travel_pipelines")
    }

    @Test func aPrincipalThatHappensToBearTheNameIsNotTheService() async throws {
        let fixture = try await prepare()
        try await fixture.installation.expect(
            201, .put, "/api/v1/principals/travel_pipelines", ["kind": "service", "groups": ["admins"]], ifNew: true)
        let made = try await put(fixture, 201, PipelineFixture.pipeline())
        #expect(made.body["runAs"] != "travel_pipelines")
        try await put(fixture, 403, PipelineFixture.pipeline(runAs: "travel_pipelines"))
    }

    @Test func onlyOneselfOrAManagerSaysRunAs() async throws {
        let fixture = try await prepare()
        for name in ["reader", "admin", "no_such"] {
            let refused = try await put(fixture, 403, PipelineFixture.pipeline(runAs: name))
            #expect(refused.pointers == ["/runAs"])
        }
        #expect(try await put(fixture, 201, PipelineFixture.pipeline(runAs: "writer")).body["runAs"] == "writer")
        let admin = Installation.administratorToken
        try await put(fixture, 200, PipelineFixture.pipeline(runAs: "admin"), token: admin)
        try await put(fixture, 422, PipelineFixture.pipeline(runAs: "no_such"), token: admin)
        // Whoever changes the steps acts as the principal too, so it must be the writer's to say.
        try await put(fixture, 403, PipelineFixture.pipeline(runAs: "admin"))
        #expect(try await put(fixture, 200, PipelineFixture.pipeline()).body["runAs"] == "travel_pipelines")
        // Even a manager's pipeline writes only what its principal may.
        let reader = try await put(fixture, 422, PipelineFixture.pipeline(runAs: "reader"), token: admin)
        #expect(reader.pointers == ["/steps/0/ingest/to/dataset"])
    }

    @Test func connectionsAreOfTheOwnDomainAndOfTheRightKind() async throws {
        let fixture = try await prepare()
        try await fixture.installation.expect(201, .put, "/api/v1/connections/travel.shop", PipelineFixture.database)
        let sources: [(JSONValue, String?)] = [
            (["connection": "theirs", "path": "a.csv"], "/connection"),
            (["connection": "no_such", "path": "a.csv"], "/connection"),
            (["connection": "shop", "path": "a.csv"], "/connection"),
            (["connection": "files", "table": "public.a"], "/connection"),
            (["connection": "shop", "table": "public.a"], nil),
        ]
        for (source, fault) in sources {
            let answer = try await put(fixture, fault == nil ? 201 : 422, PipelineFixture.pipeline(["from": source]))
            #expect(answer.pointers == (fault.map { ["/steps/0/ingest/from\($0)"] } ?? []), "\(source.text)")
        }
    }

    @Test func theTargetIsWritableByThePrincipal() async throws {
        let fixture = try await prepare()
        for dataset in ["sales.orders", "no_such.orders"] {
            let refused = try await put(fixture, 422, PipelineFixture.pipeline(into: dataset))
            #expect(refused.pointers == ["/steps/0/ingest/to/dataset"])
        }
        try await put(fixture, 201, PipelineFixture.pipeline())
        try await fixture.installation.expect(
            201, .post, "/api/v1/grants",
            ["to": "user:travel_pipelines", "privilege": "write", "on": "domain:sales"])
        try await put(fixture, 200, PipelineFixture.pipeline(into: "sales.orders"))
    }

    @Test func theKeyIsTheDatasetsPrimaryKey() async throws {
        let fixture = try await prepare()
        for (name, key) in [("keyed", ["id"]), ("free", [])] {
            try await fixture.installation.expect(
                201, .post, "/api/v1/datasets",
                [
                    "domain": "travel", "name": .string(name), "primaryKey": JSONValue(key),
                    "columns": [["name": "id", "type": "bigint"], ["name": "code", "type": "text"]],
                ])
        }
        let cases: [(String, [String], Int)] = [
            ("travel.keyed", ["code"], 422), ("travel.free", ["id"], 422), ("travel.keyed", ["id"], 201),
            ("travel.missing", ["code"], 200),
        ]
        for (dataset, key, status) in cases {
            let answer = try await put(
                fixture, status, PipelineFixture.pipeline(into: dataset, mode: "upsert", key: key))
            if status == 422 { #expect(answer.pointers == ["/steps/0/ingest/to/key"]) }
        }
    }

    @Test func badBodiesAreRefusedWithTheirPlaces() async throws {
        let fixture = try await prepare()
        let unknown = try await put(fixture, 400, PipelineFixture.pipeline(["form": [:]]))
        #expect(unknown.code == "unknown_field")
        #expect(unknown.pointers == ["/steps/0/ingest/form"])
        let many = try await put(
            fixture, 422, PipelineFixture.pipeline(["onTypeError": "x", "maxQuarantinedShare": 2]))
        #expect(many.pointers == ["/steps/0/ingest/onTypeError", "/steps/0/ingest/maxQuarantinedShare"])
        try await fixture.installation.expect(
            422, .put, "/api/v1/pipelines/travel.pg_x", PipelineFixture.pipeline(), token: fixture.writer)
        try await fixture.installation.expect(
            404, .put, "/api/v1/pipelines/nightly", PipelineFixture.pipeline(), token: fixture.writer)
    }

    @Test(
        arguments: [
            (["column": "code", "matches": "^[A-Z"], "/matches"), (["column": "id", "range": ["min": "x"]], "/range"),
            (["column": "id", "in": [1, "two"]], "/in"), (["column": "note", "range": ["min": 1]], "/range"),
        ] as [(JSONObject, String)])
    func aCheckThatNoRowCouldBeHeldAgainstIsRefused(_ fields: JSONObject, _ pointer: String) async throws {
        let fixture = try await prepare()
        var check = fields
        check["name"] = "rule"
        let columns: JSONValue = [
            ["name": "id", "type": "bigint"], ["name": "code", "type": "text"], ["name": "note", "type": "jsonb"],
        ]
        let refused = try await put(
            fixture, 422, PipelineFixture.pipeline(["columns": columns, "checks": [.object(check)]]))
        #expect(refused.pointers == ["/steps/0/ingest/checks/0\(pointer)"])
    }

    @Test func aTargetIsMadeForTheDomainsOwnerAndGrowsForWhoMayWrite() async throws {
        let fixture = try await prepare()
        let installation = fixture.installation
        try await installation.expect(200, .put, "/api/v1/domains/travel", ["owner": "reader"])
        let governance = installation.platform.governance
        let address = DatasetAddress(domain: "travel", name: "made")
        let columns = [DeclaredColumn(name: "id", type: .init(.bigint)), DeclaredColumn(name: "a", type: .init(.text))]
        _ = try await governance.change(by: "writer", requestID: "t") {
            try await $0.makeTarget(address, columns: columns, key: ["id"])
        }
        let made = try await installation.expect(200, .get, "/api/v1/datasets/travel.made").body
        #expect(made["owner"] == "reader")
        #expect(made["primaryKey"] == ["id"])
        #expect(made["columns"]?[0]?["nullable"] == false)
        let wider = columns + [DeclaredColumn(name: "b", type: .init(.date))]
        for _ in 1...2 {
            _ = try await governance.change(by: "writer", requestID: "t") {
                try await $0.addColumns(wider, to: address)
            }
        }
        let grown = try await installation.expect(200, .get, "/api/v1/datasets/travel.made").body
        #expect((grown["columns"]?.arrayValue ?? []).map { $0["name"] } == ["id", "a", "b"])
        let changes = try await installation.value(
            "SELECT count(*) FROM sluice.change_audit WHERE object = 'dataset travel.made'")
        #expect(changes == "2")
        // What a view shows is only what is granted to see.
        for (name, dataset) in [("reader", "travel.none"), ("no_such", "travel.made")] {
            await #expect(throws: Refusal.self) {
                try await governance.change(by: name, requestID: "t") {
                    try await $0.addColumns(wider, to: #require(DatasetAddress(dataset)))
                }
            }
        }
    }

    @Test func aDatasetNamesTheRunThatLastLoadedIt() async throws {
        let fixture = try await prepare()
        let path = "/api/v1/datasets/travel.airports"
        let document: JSONValue = [
            "kind": "dataset", "domain": "travel", "name": "airports", "columns": [["name": "id", "type": "bigint"]],
        ]
        func apply() async throws -> JSONValue? {
            try await fixture.installation.expect(200, .post, "/api/v1/apply", ["documents": [document]])
                .body["changes"]?[0]?["action"]
        }
        #expect(try await apply() == "create")
        #expect(try await fixture.installation.expect(200, .get, path).body["lastRun"] == .null)
        try await fixture.installation.platform.sessions.withServerSession { connection in
            _ = try await connection.execute(
                """
                INSERT INTO sluice.unit_result (run_id, step, unit, dataset_id, epoch, counts, at)
                SELECT run, 'load', 'a.csv', id, run, '{}', '2026-11-21T02:00:00Z'::timestamptz + run * interval '1 h'
                FROM sluice.dataset, generate_series(1, 3) AS run
                """)
        }
        let last = try await fixture.installation.expect(200, .get, path).body["lastRun"]
        #expect(last == ["id": "3", "at": "2026-11-21T05:00:00.000000Z"])
        #expect(try await apply() == "unchanged")
    }

    @Test func aChangeIsAuditedAndLeavesThePolicyVersionAlone() async throws {
        let fixture = try await prepare()
        try await put(fixture, 201, PipelineFixture.pipeline())
        let before = try await fixture.installation.value("SELECT epoch FROM sluice.policy_epoch")
        let changed = try await put(fixture, 200, PipelineFixture.pipeline(into: "travel.other"))
        #expect(changed.policyVersion.map { "\($0)" } == before)
        let audited = try await fixture.installation.value(
            """
            SELECT principal || ' ' || action || ' ' || (before #>> '{steps,0,ingest,to,dataset}') || ' '
                || (after #>> '{steps,0,ingest,to,dataset}')
            FROM sluice.change_audit WHERE object = 'pipeline travel.nightly' ORDER BY id DESC LIMIT 1
            """)
        #expect(audited == "writer put travel.airports travel.other")
    }

    @Test func documentsApplyOnce() async throws {
        let fixture = try await PipelineFixture.make()
        var connection = PipelineFixture.database.objectValue ?? [:]
        connection["kind"] = "connection"
        connection["connectionKind"] = "postgres"
        var pipeline =
            PipelineFixture.pipeline(["from": ["connection": "shop", "table": "public.a"]]).objectValue ?? [:]
        pipeline["kind"] = "pipeline"
        for (name, value) in [("domain", "travel"), ("name", "shop")] {
            connection[name] = .string(value)
            pipeline[name] = .string(value)
        }
        func apply(_ status: Int = 200) async throws -> [String?] {
            let answer = try await fixture.installation.expect(
                status, .post, "/api/v1/apply", ["documents": [.object(pipeline), .object(connection)]])
            #expect(!answer.body.text.contains(PipelineFixture.password))
            return (answer.body["changes"]?.arrayValue ?? []).map { $0["action"]?.stringValue }
        }
        #expect(try await apply() == ["create", "create"])
        #expect(try await apply() == ["unchanged", "unchanged"])
        connection["secret"] = ["password": "another"]
        #expect(try await apply() == ["unchanged", "update"])
        connection["connectionKind"] = "ftp"
        let refused = try await fixture.installation.expect(
            422, .post, "/api/v1/apply", ["documents": [.object(connection)]])
        #expect(refused.pointers == ["/documents/0/connectionKind"])
    }
}
