import Postgres
import Testing

@Suite struct ConnectionOptionsTests {
    @Test func urlsAreReadAsLibpqDoes() throws {
        let options = try ConnectionOptions(
            url: "postgres://ann:s%20ecret@db.example:6543/warehouse?sslmode=require&application_name=x")
        #expect(options.host == "db.example")
        #expect(options.port == 6543)
        #expect(options.user == "ann")
        #expect(options.password == "s ecret")
        #expect(options.database == "warehouse")
        #expect(options.applicationName == "x")
        #expect(options.others == ["sslmode": "require"])
        #expect(!options.isLocal)
    }

    @Test(arguments: ["postgres://ann:secret@[bad", "postgres://ann:secret@h:99999/x", "postgres://host/db", "a=b"])
    func badUrlsAreRefusedWithoutQuotingThem(_ url: String) {
        let error = #expect(throws: PostgresError.self) { try ConnectionOptions(url: url) }
        #expect(error?.debugDescription.contains("secret") == false)
    }

    @Test func thePasswordIsInNoDescription() {
        let options = ConnectionOptions(host: "h", user: "u", password: "hunter2", database: "d")
        var dumped = ""
        dump(options, to: &dumped)
        #expect(!"\(options) \(String(reflecting: options)) \(dumped)".contains("hunter2"))
    }
}
