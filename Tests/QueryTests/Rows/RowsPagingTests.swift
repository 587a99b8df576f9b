import Catalog
import Cryptography
import Postgres
import Query
import TestSupport
import Testing

/// Pages against a real Postgres: put together they are the whole, in order, whatever the order and the NULLs.
@Suite(.timeLimit(.minutes(2))) struct RowsPagingTests {
    static let columns = [
        ("id", "integer"), ("a", "integer"), ("b", "text"), ("c", "numeric"), ("d", "timestamptz"), ("e", "json"),
    ]

    private func source(hasKey: Bool, isExact: Bool) -> RowsSource {
        RowsSource(
            domain: "travel", dataset: "rows", columns: Self.columns.map { RowsFixture.column($0.0, $0.1) },
            primaryKey: hasKey ? ["id"] : [], hasExactKey: isExact)
    }

    /// Few distinct values, many NULLs and many rows that are equal in all they show.
    private func fill(_ connection: Connection) async throws {
        try await connection.script(
            """
            CREATE SCHEMA travel;
            CREATE TABLE travel.rows (id integer, a integer, b text, c numeric, d timestamptz, e json);
            SELECT setseed(0.5);
            INSERT INTO travel.rows
            SELECT n, nullif((random() * 4)::int, 0), (ARRAY['x', 'X', 'é', '', NULL])[1 + n % 5],
                (ARRAY[1.50, 'NaN', -2, NULL])[1 + n % 4], to_timestamp(nullif(n % 3, 0) + 0.000001), '{"a": 1}'
            FROM generate_series(1, 60) AS n;
            INSERT INTO travel.rows SELECT 61, 1, 'same', 1, NULL, NULL FROM generate_series(1, 15);
            """)
    }

    private func rows(
        _ statement: RowsStatement, _ connection: Connection, until accept: (borrowing RowView) -> Bool
    ) async throws -> [[String?]] {
        let result = try await connection.fetch(statement.sql)
        var rows: [[String?]] = []
        result.withEachRow { row in
            guard accept(row) else { return }
            rows.append(
                (0..<statement.visibleColumns).map { index in row[index].map { String(decoding: $0, as: UTF8.self) } })
        }
        return rows
    }

    @Test func pagesTogetherAreTheWhole() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try await TestLoops.connect(TestCluster.shared().options(database: database))
        try await fill(connection)
        let key = try SecretKey.random()
        for seed in 0..<120 {
            var generator = SeededGenerator(seed: UInt64(seed))
            // An exact key needs ids that are unique; otherwise the equal rows take part.
            let kind = seed % 3
            let source = source(hasKey: kind < 2, isExact: kind == 0)
            let filter =
                kind == 0 ? "id=lt.61" : ["id=gt.20", "a=is.null", "b=neq.x"].randomElement(using: &generator)!
            let orderable = ["id", "a", "b", "c", "d"].shuffled(using: &generator).prefix(
                Int.random(in: 0...3, using: &generator))
            let order = orderable.map {
                $0 + ["", ".asc", ".desc"].randomElement(using: &generator)!
                    + ["", ".nullsfirst", ".nullslast"].randomElement(using: &generator)!
            }
            let select = ["a", "b", "c", "d", "e", "id"].shuffled(using: &generator).prefix(
                Int.random(in: 1...6, using: &generator))
            var query = "\(filter)&select=\(select.joined(separator: ","))"
            if !order.isEmpty { query += "&order=\(order.joined(separator: ","))" }

            let all = try RowsFixture.statement(query + "&limit=1000", of: source, key: key)
            let whole = try await rows(all, connection) { _ in true }
            let limit = Int.random(in: 1...9, using: &generator)
            var paged: [[String?]] = []
            var cursor: String? = ""
            while let current = cursor, paged.count <= whole.count {
                let page = query + "&limit=\(limit)" + (current.isEmpty ? "" : "&cursor=\(current)")
                let statement = try RowsFixture.statement(page, of: source, key: key)
                var pager = RowsPager(statement)
                var hasMore = false
                paged += try await rows(statement, connection) { row in
                    let isAccepted = pager.accept { index in row[index].map { String(decoding: $0, as: UTF8.self) } }
                    if !isAccepted { hasMore = true }
                    return isAccepted
                }
                cursor = hasMore ? try pager.nextCursor(key: key) : nil
            }
            #expect(paged == whole, "seed \(seed): \(query)&limit=\(limit)")
        }
        await connection.close()
    }

    @Test func everyLiteralThatPassesTheCheckIsReadByPostgres() async throws {
        let connection = try await TestLoops.connect(TestCluster.shared().options())
        for (type, literals) in [
            ("smallint", ["-32768", "+7"]), ("bigint", ["9223372036854775807"]),
            ("numeric", ["1e1000", "-.5", "NaN", "Infinity"]),
            ("real", ["3.4e38", "1e-45", "-Infinity"]), ("double precision", ["1e308", "4.9e-324"]),
            ("text", ["", "\\", "'"]),
            ("char(3)", ["abcdef"]), ("boolean", ["true", "false"]),
            ("date", ["0001-01-01", "9999-12-31", "2024-02-29"]),
            ("time", ["00:00", "23:59:59.999999"]),
            ("timestamp", ["2024-02-29", "2024-02-29T01:02", "2024-02-29 01:02:03.5"]),
            ("timestamptz", ["2024-02-29", "2024-02-29T01:02:03Z", "2024-02-29 01:02+14:59", "2024-02-29T01:02-0330"]),
            ("uuid", ["A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11"]), ("bytea", ["\\x", "\\x00Ff"]),
            ("interval", ["P1Y2M3W4DT5H6M7.5S", "PT1M", "P-1D", "1 day -2.5 hours", "3 months"]),
            ("inet", ["10.0.0.1", "10.0.0.0/8", "::1", "fe80::1/64", "::ffff:1.2.3.4"]),
        ] {
            var source = RowsFixture.source
            source.columns = [RowsFixture.column("v", type)]
            source.primaryKey = []
            source.hasExactKey = false
            for literal in literals {
                let request = try RowsFixture.parse([("v", "eq." + literal)], of: source)
                let cast = try RowsStatement(request, of: source, subject: "", key: .random()).text
                let type = try #require(cast.split(separator: "$1::").last?.split(separator: " ").first)
                let parameter: [any PostgresEncodable] = [literal]
                let found = try await connection.query(
                    SQL(unsafe: "SELECT $1::\(type) IS NOT NULL AS ok", parameters: parameter))
                #expect(try found.first?.decode("ok", as: Bool.self) == true, "\(type) \(literal)")
            }
        }
        await connection.close()
    }

    /// What the next statement shows otherwise orders no pages; everything else about the column is as ever.
    @Test(arguments: [
        ("order=name&limit=5", true, "order"), ("order=id,name", true, "order"), ("order=name&limit=all", true, nil),
        ("", true, nil), ("select=id", false, nil), ("", false, "limit"), ("limit=all", false, nil),
        ("id=eq.1", true, nil),
    ]) func aColumnThatChangesByStatementOrdersNoPages(_ query: String, _ hasExactKey: Bool, _ parameter: String?)
        throws
    {
        var name = RowsFixture.column("name", "text")
        name.changesByStatement = true
        let source = RowsSource(
            domain: "d", dataset: "t", columns: [RowsFixture.column("id", "int"), name], primaryKey: ["id"],
            hasExactKey: hasExactKey)
        guard let parameter else {
            #expect(throws: Never.self) { try RowsFixture.statement(query, of: source) }
            return
        }
        let error = #expect(throws: RowsError.self) { try RowsFixture.statement(query, of: source) }
        #expect(error?.parameter == parameter && error?.message.contains("limit=all") == true)
    }

    @Test func aKeyThatChangesByStatementTakesNoPart() throws {
        var key = RowsFixture.column("id", "text")
        key.changesByStatement = true
        let source = RowsSource(
            domain: "d", dataset: "t", columns: [key, RowsFixture.column("n", "int")], primaryKey: ["id"],
            hasExactKey: false)
        #expect(
            try RowsFixture.statement("select=n", of: source).text.contains(
                "ORDER BY pg_catalog.hashtextextended(ROW(\"n\")::pg_catalog.text, 0) LIMIT"))
    }
}
