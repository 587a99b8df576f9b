import Catalog
import JSON
import Testing

@Suite struct PipelineSpecTests {
    @Test func whatIsLeftOutGetsItsDefault() throws {
        let spec = try PipelineSpec.parse(PipelineSample.body)
        #expect(spec.timeoutSeconds == 3600)
        #expect(spec.retry == RetrySpec())
        #expect(spec.schedule == nil)
        let ingest = spec.steps[0].ingest
        #expect(ingest.dataset == DatasetAddress("travel.airports"))
        #expect(ingest.mode == .append)
        #expect(ingest.onNewColumn == .add)
        #expect(ingest.onTypeError == .quarantine)
        #expect(ingest.maxQuarantinedShare == 1)
        #expect(ingest.from == .file(FileSource(connection: "openflights", path: "airports.csv", format: .csv)))
    }

    @Test func readsWhatTheContractShows() throws {
        let spec = try PipelineSpec.parse(PipelineSample.contract)
        #expect(spec.schedule?.timeZone == "Europe/Vienna")
        #expect(spec.pool?.name == "warehouse")
        let ingest = spec.steps[0].ingest
        #expect(ingest.columns?.map(\.name) == ["id", "name", "iata"])
        #expect(ingest.key == ["id"])
        #expect(ingest.maxQuarantinedShare == 0.1)
        #expect(ingest.checks[0].rule == .matches("^[A-Z]{3}$"))
        guard case .file(let file) = ingest.from else {
            Issue.record("is no file")
            return
        }
        #expect((file.nullText, file.header, file.format) == ("\\N", false, .csv))
    }

    @Test(arguments: [PipelineSample.body, PipelineSample.contract, PipelineSample.everyCheck])
    func itsTextSaysTheSame(_ body: JSONValue) throws {
        let spec = try PipelineSpec.parse(body)
        let again = try PipelineSpec.parse(JSONValue.parse(spec.json.encoded()))
        #expect(again == spec)
        #expect(again.json == spec.json)
    }

    @Test(arguments: [
        ("a.csv", FileFormat.csv, FileCompression.none), ("x/y.b.CSV.GZ", .csv, .gzip),
        ("a.ndjson.zst", .ndjson, .zstd),
        ("a.jsonl", .ndjson, .none),
    ])
    func aFilesNameSaysItsFormat(_ path: String, _ format: FileFormat, _ compression: FileCompression) throws {
        let spec = try PipelineSpec.parse(PipelineSample.with("path", .string(path), in: "from"))
        guard case .file(let file) = spec.steps[0].ingest.from else {
            Issue.record("is no file")
            return
        }
        #expect((file.format, file.compression) == (format, compression))
    }

    @Test func aTableIsOfADatabase() throws {
        let spec = try PipelineSpec.parse(
            PipelineSample.step(["from": ["connection": "chinook", "table": "public.invoice.line"]]))
        let source = TableSource(connection: "chinook", schema: "public", table: "invoice.line")
        #expect(spec.steps[0].ingest.from == .table(source))
    }

    @Test func stepsMayDependOnEachOtherInAnyOrder() throws {
        let spec = try PipelineSpec.parse(
            PipelineSample.steps([("d", ["b", "c"]), ("b", ["a"]), ("c", ["a"]), ("a", [])]))
        #expect(spec.steps.map(\.name) == ["d", "b", "c", "a"])
    }
}
