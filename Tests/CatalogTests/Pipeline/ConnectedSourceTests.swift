import Catalog
import JSON
import Testing

@Suite struct ConnectedSourceTests {
    private static let folder = FileFolder(path: "in")
    private static let server = PostgresServer(host: "db.example.org", database: "shop", user: "reader")
    private static let web = try! HTTPServerAddress(url: "https://files.example.org/in/")
    private static let file = FileSource(connection: "c", path: "a/b.csv", format: .csv)
    private static let table = TableSource(connection: "c", schema: "public", table: "orders")

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var from: SourceSpec
        var config: ConnectionSpec.Config
        var source: ConnectedSource?
    }

    @Test(arguments: [
        Case(
            testDescription: "a file of a folder", from: .file(file), config: .file(folder),
            source: .file(file, in: folder)),
        Case(
            testDescription: "a table of a server", from: .table(table), config: .postgres(server),
            source: .table(table, of: server)),
        Case(
            testDescription: "a file of a web server", from: .file(file), config: .http(web),
            source: .remoteFile(file, at: web)),
        Case(testDescription: "a web server has no table", from: .table(table), config: .http(web), source: nil),
        Case(testDescription: "a folder has no table", from: .table(table), config: .file(folder), source: nil),
        Case(testDescription: "a server has no file", from: .file(file), config: .postgres(server), source: nil),
    ])
    func aStepReadsWhatItsConnectionHas(_ row: Case) {
        #expect(ConnectedSource(row.from, through: row.config) == row.source)
        // What a pipeline is refused for where it is put is what a job process would not open.
        let kind = ConnectionSpec(config: row.config).kind
        #expect((kind.shape == row.from.shape) == (row.source != nil))
    }

    @Test func aShapeIsToldByTheMemberThatNamesTheThing() throws {
        for shape in SourceShape.allCases {
            let from = try SourceSpec.parse(.object(["connection": "c", shape.member: "a.csv"]))
            #expect(from.shape == shape && from.path == "a.csv")
        }
    }
}
