import SQLSyntax
import Testing

/// The columns of `a.t (id, name, "Amount")` that a statement may read.
@Suite struct StatementColumnsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var columns: [String]
        /// Where the columns of `a.t` are not known.
        var written: [String]?
        var testDescription: String { sql }
    }

    private static let all = ["id", "name", "Amount"]

    @Test(arguments: [
        Case(sql: "SELECT id FROM a.t", columns: ["id"], written: ["id"]),
        Case(sql: "SELECT count(*) FROM a.t", columns: [], written: []),
        Case(sql: "SELECT FROM a.t", columns: []),
        Case(sql: "SELECT 1 FROM a.t WHERE name = 'x' ORDER BY id", columns: ["id", "name"], written: ["name", "id"]),
        Case(sql: #"SELECT "Amount", amount FROM a.t"#, columns: ["Amount"], written: ["Amount", "amount"]),
        Case(sql: "SELECT t.id FROM a.t", columns: ["id"]),
        Case(sql: "SELECT a.t.id FROM a.t", columns: ["id"]),
        Case(sql: "SELECT x.id FROM a.t AS x", columns: ["id"]),
        Case(sql: "SELECT o.id, x.name FROM a.t AS x, b.o AS o", columns: ["name"]),
        Case(sql: "SELECT o.id FROM a.t AS x, b.o AS o WHERE name = 'x'", columns: ["name"]),
        // A star of its own SELECT, of another, of another relation.
        Case(sql: "SELECT * FROM a.t", columns: all, written: ["*"]),
        Case(sql: "TABLE a.t", columns: all),
        Case(sql: "SELECT * FROM a.t TABLESAMPLE system (10)", columns: all),
        Case(sql: "SELECT t.* FROM a.t", columns: all, written: ["*"]),
        Case(sql: "SELECT a.t.* FROM a.t", columns: all),
        Case(sql: "SELECT o.*, x.id FROM a.t AS x, b.o AS o", columns: ["id"]),
        Case(sql: "SELECT * FROM (SELECT id FROM a.t) AS s", columns: ["id"]),
        Case(sql: "SELECT * FROM b.o WHERE id IN (SELECT id FROM a.t)", columns: ["id"]),
        Case(sql: "WITH c AS (SELECT name FROM a.t) SELECT * FROM c", columns: ["name"]),
        Case(sql: "SELECT * FROM b.o JOIN (a.t JOIN b.p ON true) ON true", columns: all),
        Case(sql: "SELECT id FROM b.o UNION SELECT * FROM a.t", columns: all),
        Case(sql: "SELECT * FROM b.o UNION SELECT id FROM a.t", columns: ["id"]),
        Case(sql: "SELECT (SELECT count(*) FROM a.t), * FROM b.o", columns: []),
        // Whole rows.
        Case(sql: "SELECT t FROM a.t", columns: all),
        Case(sql: "SELECT to_json(x) FROM a.t AS x", columns: all),
        Case(sql: "SELECT (x).name FROM a.t AS x", columns: all),
        Case(sql: "SELECT name(x) FROM a.t AS x", columns: all),
        Case(sql: "SELECT x.to_json FROM a.t AS x", columns: all, written: ["to_json"]),
        // Columns that are not named, or named otherwise.
        Case(sql: "SELECT 1 FROM a.t JOIN b.o USING (name)", columns: ["name"]),
        Case(sql: "SELECT 1 FROM a.t NATURAL JOIN b.o", columns: all),
        Case(sql: "SELECT p FROM a.t AS x (p, q)", columns: all),
        Case(sql: "SELECT p FROM (a.t AS x JOIN b.o AS o ON true) AS j (p)", columns: all),
        Case(sql: "SELECT id FROM a.t AS x WHERE x.name = (SELECT max(name) FROM b.o)", columns: ["id", "name"]),
    ])
    func columns(_ row: Case) throws {
        let statement = try ReadingStatement(checking: row.sql)
        let relation = ReadingStatement.Relation(schema: "a", name: "t")
        #expect(statement.columns(of: relation, among: Self.all) == row.columns)
        if let written = row.written { #expect(statement.columns(of: relation, among: nil) == written) }
    }

    @Test func fingerprintsAreOfForms() throws {
        let print = { try ReadingStatement(checking: $0).fingerprint }
        let first = try print("SELECT id FROM a.t WHERE name = 'x' AND id IN (1, 2)")
        #expect(first.count == 16)
        #expect(try print("select  id from a.t -- no\nwhere name='y' and id in (7,8,9);") == first)
        #expect(try print("SELECT id FROM a.t WHERE name = 'x'") != first)
        #expect(try print("SELECT name FROM a.t WHERE name = 'x' AND id IN (1, 2)") != first)
    }

    @Test func aDeepStatementHasAFingerprint() throws {
        let depth = 3000
        let deep = "SELECT " + String(repeating: "(1 + ", count: depth) + "1" + String(repeating: ")", count: depth)
        #expect(try ReadingStatement(checking: deep).fingerprint.count == 16)
    }
}
