import Catalog
import JSON
import Testing

@Suite struct PipelineRefusalTests {
    private static let ingest = "/steps/0/ingest"

    /// The pointers of all faults of `body`.
    private func pointers(_ body: JSONValue) -> [String] {
        do {
            _ = try PipelineSpec.parse(body)
            return []
        } catch {
            return error.errors.map(\.pointer)
        }
    }

    @Test(arguments: [
        (PipelineSample.with("nmae", "x"), "/nmae"),
        (PipelineSample.with("runAs", "X y"), "/runAs"),
        (PipelineSample.with("trigger", ["on": []]), "/trigger"),
        (PipelineSample.with("timeoutSeconds", 0), "/timeoutSeconds"),
        (PipelineSample.with("timeoutSeconds", 604_801), "/timeoutSeconds"),
        (PipelineSample.with("retry", ["attempts": 21]), "/retry/attempts"),
        (PipelineSample.with("retry", ["baseSeconds": 20, "maxSeconds": 10]), "/retry/maxSeconds"),
        (PipelineSample.with("pool", ["name": "a", "slots": 0]), "/pool/slots"),
        (PipelineSample.with("pool", [:]), "/pool/name"),
        (PipelineSample.with("schedule", [:]), "/schedule/cron"),
        (PipelineSample.with("schedule", ["cron": "* * * * *", "gap": "never"]), "/schedule/gap"),
        (PipelineSample.with("schedule", ["cron": "* * * * *", "overlap": "all"]), "/schedule/overlap"),
        (PipelineSample.with("steps", []), "/steps"),
        (PipelineSample.with("steps", [["name": "a", "sql": [:]]]), "/steps/0/sql"),
    ])
    func ofThePipeline(_ body: JSONValue, _ pointer: String) {
        #expect(pointers(body).contains(pointer))
    }

    @Test(arguments: [
        (PipelineSample.with("mode", "scd2", in: "to"), "/to/mode"),
        (PipelineSample.with("mode", "upsert", in: "to"), "/to/key"),
        (PipelineSample.with("key", ["id"], in: "to"), "/to/key"),
        (PipelineSample.with("dataset", "airports", in: "to"), "/to/dataset"),
        (PipelineSample.with("dataset", "travel.pg_x", in: "to"), "/to/dataset"),
        (PipelineSample.with("path", "/etc/passwd.csv", in: "from"), "/from/path"),
        (PipelineSample.with("path", "../a.csv", in: "from"), "/from/path"),
        (PipelineSample.with("path", "a/./b.csv", in: "from"), "/from/path"),
        (PipelineSample.with("path", "a//b.csv", in: "from"), "/from/path"),
        (PipelineSample.with("path", "a\u{0}.csv", in: "from"), "/from/path"),
        (PipelineSample.with("path", "a.dat", in: "from"), "/from/format"),
        (PipelineSample.with("format", "parquet", in: "from"), "/from/format"),
        (PipelineSample.with("delimiter", "", in: "from"), "/from/delimiter"),
        (PipelineSample.with("delimiter", "ab", in: "from"), "/from/delimiter"),
        (PipelineSample.with("delimiter", "\"", in: "from"), "/from/delimiter"),
        (PipelineSample.with("delimiter", "\n", in: "from"), "/from/delimiter"),
        (PipelineSample.with("delimiter", "§", in: "from"), "/from/delimiter"),
        (PipelineSample.with("table", "a.b", in: "from"), "/from/path"),
        (PipelineSample.step(["from": ["connection": "c"]]), "/from/path"),
        (PipelineSample.step(["from": ["connection": "c", "table": "a"]]), "/from/table"),
        (PipelineSample.step(["from": ["connection": "c", "path": "a.ndjson", "header": true]]), "/from/header"),
        (PipelineSample.step(["maxQuarantinedShare": 1.5]), "/maxQuarantinedShare"),
        (PipelineSample.step(["columns": []]), "/columns"),
        (PipelineSample.step(["columns": [["name": "a", "type": "money"]]]), "/columns/0/type"),
        (
            PipelineSample.step(["columns": [["name": "a", "type": "text"], ["name": "a", "type": "text"]]]),
            "/columns/1/name"
        ),
        (
            PipelineSample.step([
                "columns": [["name": "a", "type": "json"]],
                "to": ["dataset": "travel.x", "mode": "upsert", "key": ["b", "a", "a"]],
            ]), "/to/key/0"
        ),
    ])
    func ofAnIngestStep(_ body: JSONValue, _ pointer: String) {
        #expect(pointers(body).contains(Self.ingest + pointer))
    }

    @Test(
        arguments: [
            (["column": "iata"], ""),
            (["column": "iata", "matches": "a", "notNull": true], "/notNull"),
            (["column": "iata", "notNull": false], "/notNull"),
            (["column": "iato", "notNull": true], "/column"),
            (["notNull": true], "/column"),
            (["columns": ["iata", "nota"], "unique": true], "/columns/1"),
            (["columns": ["iata", "id"], "notNull": true], "/columns"),
            (["column": "iata", "columns": ["id"], "unique": true], "/column"),
            (["column": "id", "range": [:]], "/range/min"),
            (["column": "id", "range": ["min": true]], "/range/min"),
            (["column": "id", "range": ["least": 1]], "/range/least"),
            (["column": "id", "in": []], "/in"),
            (["column": "id", "in": [1, .null]], "/in/1"),
            (["column": "id", "in": 7], "/in"),
            (["column": "id", "notNull": true, "onFailure": "ignore"], "/onFailure"),
            (["column": "id", "notNull": true, "severity": 1], "/severity"),
        ] as [(JSONObject, String)])
    func ofACheck(_ fields: JSONObject, _ pointer: String) {
        #expect(pointers(PipelineSample.check(fields)).contains("\(Self.ingest)/checks/0\(pointer)"))
    }

    @Test(
        arguments: [
            ([("a", ["a"])], ["/steps/0/after/0"]),
            ([("a", ["b"]), ("b", ["a"])], ["/steps/0/after/0", "/steps/1/after/0"]),
            (
                [("a", []), ("b", ["a", "d"]), ("c", ["b"]), ("d", ["c"])],
                ["/steps/1/after/1", "/steps/2/after/0", "/steps/3/after/0"]
            ),
            ([("a", ["x"])], ["/steps/0/after/0"]),
            ([("a", []), ("b", ["a", "a"])], ["/steps/1/after/1"]),
        ] as [([(String, [String])], [String])])
    func ofTheOrder(_ steps: [(String, [String])], _ expected: [String]) {
        #expect(pointers(PipelineSample.steps(steps)) == expected)
    }

    @Test func twoWritersOfADatasetComeOneAfterTheOther() {
        func body(_ after: [String]) -> JSONValue {
            let ingest = JSONValue.object(PipelineSample.ingest)
            return [
                "steps": [
                    ["name": "a", "ingest": ingest], ["name": "b", "after": JSONValue(after), "ingest": ingest],
                ]
            ]
        }
        #expect(pointers(body([])) == ["/steps/1/ingest/to/dataset"])
        #expect(pointers(body(["a"])) == [])
    }

    @Test func tooMuchIsRefused() {
        let many = (0...PipelineSpec.maxSteps).map { ("s\($0)", [String]()) }
        #expect(pointers(PipelineSample.steps(many)) == ["/steps"])
    }
}
