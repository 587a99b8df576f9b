import Catalog
import Ingestion
import JSON
import Postgres
import Testing

@testable import Work

@Suite struct AssignmentTests {
    static let spec: JSONValue = [
        "steps": [
            [
                "name": "load",
                "ingest": [
                    "from": ["connection": "files", "path": "a.csv"],
                    "to": ["dataset": "shop.orders", "mode": "append"],
                ],
            ]
        ]
    ]

    @Test func anAssignmentIsReadAsItWasWritten() throws {
        let spec = try PipelineSpec.parse(Self.spec)
        let server = ConnectionSpec(
            config: .postgres(PostgresServer(host: "db.example.org", database: "shop", user: "reader")))
        var options = ConnectionOptions(
            host: "/run/x", port: 5433, user: "sluice_i7", password: "p\n\"w", database: "warehouse",
            applicationName: TargetSession.applicationName(epoch: 12), options: "-c a=b", others: ["sslmode": "require"]
        )
        let target = Assignment.Target(
            session: TargetSession(options: options), dataset: 7,
            address: DatasetAddress(domain: "shop", name: "orders"),
            columns: [
                Assignment.Column(name: "id", type: "bigint", isNullable: false),
                Assignment.Column(name: "a\"b", type: "numeric(10,2)", isNullable: true),
            ],
            primaryKey: ["id"],
            fencing: Assignment.Fencing(
                epoch: 12, run: 3, step: "load", unit: "a.csv", principal: "shop_pipelines", policyVersion: 99,
                pipeline: 41, pipelineAddress: "shop.orders"), records: 5)
        var bounds = SourceBounds(roots: ["/srv/in", "/srv/more"], dataDirectory: "/srv/data", allowsLoopback: true)
        bounds.ownSystemIdentifier = "7300000000000000001"
        bounds.ownHost = "db"
        bounds.ownPort = 5432
        let sent = Assignment(
            kind: .load, spec: spec, step: spec.steps[0], connection: server,
            secret: ConnectionSecret(["password": "s3cret"]), bounds: bounds, target: target)

        let line = sent.line()
        #expect(!line.contains(UInt8(ascii: "\n")))
        let read = try Assignment(line: line)
        #expect(read.kind == .load)
        #expect(read.spec == spec)
        #expect(read.step == spec.steps[0])
        #expect(read.connection == server)
        #expect(read.secret?["password"] == "s3cret")
        #expect(read.bounds == bounds)
        let readTarget = try #require(read.target)
        #expect(readTarget.session.options == options)
        #expect(readTarget.dataset == 7)
        #expect(readTarget.address == target.address)
        #expect(readTarget.columns == target.columns)
        #expect(readTarget.primaryKey == ["id"])
        #expect(readTarget.fencing == target.fencing)
        #expect(readTarget.records == 5)
        options.password = nil
        #expect(readTarget.session.options != options)
    }

    @Test func aProbeIsReadAsItWasWrittenAndHasNoSession() throws {
        let server = ConnectionSpec(
            config: .postgres(PostgresServer(host: "db.example.org", database: "shop", user: "reader")))
        let sent = ProbeAssignment(
            question: .inspect(from: ["connection": "shop", "table": "public.orders"]), connection: server,
            secret: ConnectionSecret(["password": "s3cret"]),
            bounds: SourceBounds(roots: ["/srv/in"], dataDirectory: "/srv/data", allowsLoopback: false))
        let order = try JobOrder(line: sent.line())
        #expect(order.session?.options == nil)
        guard case .probe(let read) = order else {
            Issue.record("no probe")
            return
        }
        #expect(read.question == sent.question)
        #expect(read.connection == server)
        #expect(read.secret?["password"] == "s3cret")
        #expect(read.bounds == sent.bounds)
    }

    @Test func anInspectionHasNeitherTargetNorSecret() throws {
        let spec = try PipelineSpec.parse(Self.spec)
        let folder = ConnectionSpec(config: .file(FileFolder(path: "/srv/in")))
        let sent = Assignment(
            kind: .inspect, spec: spec, step: spec.steps[0], connection: folder, secret: nil,
            bounds: SourceBounds(roots: [], dataDirectory: "/srv/data", allowsLoopback: false))
        let read = try Assignment(line: sent.line())
        #expect(read.kind == .inspect)
        #expect(read.target == nil)
        #expect(read.secret == nil)
    }

    @Test func aReplayReadsThroughNoConnection() throws {
        let spec = try PipelineSpec.parse(Self.spec)
        let sent = Assignment(
            kind: .replay, spec: spec, step: spec.steps[0], connection: nil, secret: nil,
            bounds: SourceBounds(roots: [], dataDirectory: "/srv/data", allowsLoopback: false))
        let read = try Assignment(line: sent.line())
        #expect(read.kind == .replay)
        #expect(read.connection == nil)
    }

    @Test(arguments: ["", "{}", "[1]", #"{"kind":"load"}"#])
    func anythingElseIsRefused(_ line: String) {
        #expect(throws: (any Error).self) { try Assignment(line: Array(line.utf8)) }
    }
}
