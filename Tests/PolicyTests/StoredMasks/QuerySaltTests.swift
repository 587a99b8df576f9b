import Access
import Catalog
import TestSupport
import Testing

/// The mask `sha256-query`: equal values are equal in one statement, and in no two.
@Suite struct QuerySaltTests {
    private static func install() async throws -> (warehouse: Warehouse, reader: RawSession) {
        let warehouse = try await Warehouse.make()
        try await warehouse.change { change in
            _ = try await change.putDomain("vault", json("{}"), .none)
            for name in ["t", "u"] {
                _ = try await change.makeDataset(
                    json(
                        #"""
                        {"domain":"vault","name":"\#(name)","primaryKey":["id"],
                         "columns":[{"name":"id","type":"integer"},{"name":"email","type":"text"}]}
                        """#))
                _ = try await change.putMask(
                    "m_\(name)", json(#"{"on":"column:vault.\#(name).email","mask":{"kind":"sha256-query"}}"#), .none)
            }
            _ = try await change.putPrincipal("reader", json(#"{"kind":"user"}"#), .none)
            _ = try await change.makeGrant(json(#"{"to":"user:reader","privilege":"select","on":"domain:vault"}"#))
        }
        let superuser = try warehouse.superuser()
        for name in ["t", "u"] {
            let rows =
                "SELECT n, CASE WHEN n % 10 = 0 THEN NULL ELSE 'mail-' || n / 2 END FROM generate_series(1, 200) AS n"
            try superuser.rows("INSERT INTO \(warehouse.table(of: "vault.\(name)")) \(rows)")
        }
        return (warehouse, try warehouse.session(as: warehouse.role(of: "reader")))
    }

    @Test func aStatementHasOneSaltAndNoOtherHasIt() async throws {
        let (_, reader) = try await Self.install()
        let first = try reader.rows("SELECT id, email FROM vault.t WHERE email IS NOT NULL")
        #expect(first.count == 180)
        #expect(
            first.allSatisfy { $0[1]?.count == 64 && $0[1]?.contains { !$0.isHexDigit || $0.isUppercase } == false })
        #expect(Set(first.map { $0[1] }).count == 100)
        let second = try reader.rows("SELECT id, email FROM vault.t WHERE email IS NOT NULL")
        #expect(Set(first.map { $0[1] }).isDisjoint(with: second.map { $0[1] }))
        // In one transaction, too.
        try reader.rows("BEGIN")
        let twice = try (0..<2).map { _ in try reader.rows("SELECT email FROM vault.t WHERE id = 1")[0][0] }
        try reader.rows("COMMIT")
        #expect(twice[0] != twice[1])
    }

    @Test(arguments: [
        "SELECT count(*) FROM vault.t JOIN vault.u USING (email) WHERE t.id = u.id",
        "SELECT sum(n) FROM (SELECT email, count(*) AS n FROM vault.t GROUP BY email HAVING email > '' ORDER BY email) AS s",
        "SELECT count(*) FROM vault.t WHERE email = (SELECT email FROM vault.u WHERE u.id = t.id)",
        "SELECT count(*) FROM vault.t WHERE email IN (SELECT email FROM vault.t)",
        "SELECT count(*) FROM (SELECT id, email FROM vault.t WHERE email > '' INTERSECT SELECT id, email FROM vault.u) AS s",
    ]) func aStatementMayUseItEverywhere(_ query: String) async throws {
        let (_, reader) = try await Self.install()
        #expect(try reader.rows(query) == [["180"]])
    }

    /// A cursor's rows come by several messages, each with a time of its own.
    @Test func aCursorHasOneSalt() async throws {
        let (_, reader) = try await Self.install()
        try reader.rows("BEGIN; DECLARE c CURSOR FOR SELECT email FROM vault.t WHERE id IN (2, 3) ORDER BY id")
        let rows = try (0..<2).map { _ in try reader.rows("FETCH 1 FROM c")[0][0] }
        try reader.rows("COMMIT")
        #expect(rows[0] == rows[1])
    }

    @Test func parallelWorkersHaveTheSaltOfTheStatement() async throws {
        let (warehouse, reader) = try await Self.install()
        let table = try warehouse.table(of: "vault.t")
        try warehouse.superuser().rows(
            "ALTER TABLE \(table) SET (parallel_workers = 2); INSERT INTO \(table) SELECT n, 'x' FROM generate_series(1000, 20000) AS n; ANALYZE \(table)"
        )
        try reader.rows(
            "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0")
        #expect(try reader.rows("SELECT count(DISTINCT email) FROM vault.t WHERE id >= 1000") == [["1"]])
    }

    /// What it hashes is keyed, so the salt, which anybody may ask for, helps nobody to try a guess.
    @Test func noFunctionHashesAGuess() async throws {
        let (warehouse, reader) = try await Self.install()
        let id = try warehouse.table(of: "vault.t").replacing("store.d", with: "")
        let guessed = try reader.rows(
            """
            SELECT count(*) FROM vault.t
            WHERE id = 2 AND email IN (
                encode(sha256(sluice.query_salt() || 'mail-1'::bytea), 'hex'),
                encode(sha256(sluice.query_salt() || sha256('mail-1'::bytea)), 'hex'),
                sluice.col_\(id)_2('mail-1', sha256('mail-1'::bytea), sluice.query_salt()),
                sluice.col_\(id)_2('mail-1', NULL, sluice.query_salt()))
            """)
        #expect(guessed == [["0"]])
        #expect(throws: RawSession.Failure.self) { try reader.rows("SELECT sluice_query_2 FROM vault.t") }
        #expect(try warehouse.superuser().rows("SELECT * FROM sluice.drift()") == [])
    }
}
