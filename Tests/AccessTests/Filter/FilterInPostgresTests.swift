import Access
import Postgres
import TestSupport
import Testing

/// Printed SQL against a real Postgres: it is accepted as a function's body, and means what the text means.
@Suite(.timeLimit(.minutes(2))) struct FilterInPostgresTests {
    /// A table of the fixture's columns with values that literals of the generator meet, and stand-ins for the functions
    /// that answer for a subject: this one has the regions EU and it's, and as `ids` some numbers.
    private func prepare(_ connection: Connection) async throws {
        let columns = FilterFixture.columns.map { SQL.quoted(identifier: $0.name) + " " + $0.type.spelling }
        try await connection.script(
            """
            CREATE SCHEMA sluice;
            CREATE FUNCTION sluice.epoch() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 7;
            CREATE FUNCTION sluice.attribute_values(attribute text, kind anyelement, epoch bigint) RETURNS anyarray
            LANGUAGE plpgsql IMMUTABLE AS $$
            DECLARE
                element text;
                converted kind%TYPE;
                result ALIAS FOR $0;
            BEGIN
                result := '{}';
                FOREACH element IN ARRAY ARRAY['EU', 'it''s', '-7', '7', 'true', '2024-02-29'] LOOP
                    BEGIN
                        converted := element;
                        result := result || converted;
                    EXCEPTION WHEN data_exception THEN
                        NULL;
                    END;
                END LOOP;
                RETURN result;
            END $$;
            CREATE TABLE subject (\(columns.joined(separator: ", ")));
            INSERT INTO subject SELECT FROM generate_series(1, 3);
            """)
        for row in 0..<40 {
            var generator = FilterGenerator(seed: UInt64(row) + 10_000)
            var values: [String] = []
            for column in FilterFixture.columns { values.append(generator.value(of: column)) }
            try await connection.script("INSERT INTO subject VALUES (\(values.joined(separator: ", ")))")
        }
    }

    @Test func printedSQLMeansWhatTheTextMeans() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try await TestLoops.connect(TestCluster.shared().options(database: database))
        try await prepare(connection)
        for seed in 0..<300 as Range<UInt64> {
            var generator = FilterGenerator(seed: seed)
            let expression = generator.expression()
            try await connection.script(
                """
                CREATE OR REPLACE FUNCTION shows(r subject) RETURNS boolean LANGUAGE sql STABLE
                RETURN \(expression.sql(row: "r"))
                """)
            // But for the subject's attributes the grammar is SQL, so Postgres says what the text means.
            guard expression.attributesUsed.isEmpty else { continue }
            let plain = expression.normalizedText
            let difference = try await connection.query(
                SQL(unsafe: "SELECT 1 FROM subject AS s WHERE (\(plain)) IS DISTINCT FROM shows(s)"))
            #expect(difference.isEmpty, "seed \(seed): \(plain)")
        }
        await connection.close()
    }

    @Test(arguments: [
        ("region = ANY(user.region)", "s.region IN ('EU', 'it''s', '-7', '7', 'true', '2024-02-29')"),
        ("id = ANY(user.region)", "s.id IN (7, -7)"), ("active = ANY(user.region)", "s.active"),
        ("day = ANY(user.region)", "s.day = '2024-02-29'"), ("amount = ANY(user.region)", "s.amount IN (7, -7)"),
    ])
    func attributesMatchInTheColumnsType(text: String, meaning: String) async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try await TestLoops.connect(TestCluster.shared().options(database: database))
        try await prepare(connection)
        let sql = try FilterFixture.parse(text).sql(row: "s")
        let difference = try await connection.query(
            SQL(unsafe: "SELECT 1 FROM subject AS s WHERE (\(meaning)) IS DISTINCT FROM \(sql)"))
        #expect(difference.isEmpty)
        await connection.close()
    }
}
