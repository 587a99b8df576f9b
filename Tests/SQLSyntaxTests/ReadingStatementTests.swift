import SQLSyntax
import Testing

@Suite struct ReadingStatementTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var sql: String
        var relations: [String]
        var testDescription: String { sql }
    }

    @Test(arguments: [
        Case(sql: "SELECT 1", relations: []),
        Case(sql: "select * from a;", relations: ["a"]),
        Case(sql: "TABLE travel.bookings", relations: ["travel.bookings"]),
        Case(sql: "VALUES (1), (2)", relations: []),
        Case(sql: "SELECT * FROM b, s.c JOIN b AS d USING (id), LATERAL (TABLE e) x", relations: ["b", "s.c", "e"]),
        Case(sql: "SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (TABLE c)", relations: ["a", "b", "c"]),
        Case(sql: "SELECT 1 FROM a UNION (SELECT 2 FROM b EXCEPT TABLE c)", relations: ["a", "b", "c"]),
        Case(sql: "SELECT * FROM \"Odd \"\"name\"\"\".\"é\"", relations: ["Odd \"name\".é"]),
        Case(sql: "/* c */ SELECT * FROM a -- ; DROP TABLE b", relations: ["a"]),
        Case(sql: "SELECT ';' FROM a", relations: ["a"]),
        Case(sql: "SELECT $$;$$ FROM only a TABLESAMPLE system (1)", relations: ["a"]),
        Case(sql: "SELECT * FROM warehouse.s.t", relations: ["s.t"]),
        // A common table expression is no relation where it is visible …
        Case(sql: "WITH a AS (SELECT 1) SELECT * FROM a", relations: []),
        Case(sql: "WITH a AS (SELECT 1) SELECT * FROM a, s.a", relations: ["s.a"]),
        Case(sql: "WITH a AS (SELECT 1) SELECT 1 UNION SELECT * FROM a WHERE x IN (TABLE a)", relations: []),
        Case(sql: "WITH a AS (SELECT 1), b AS (TABLE a) TABLE b", relations: []),
        Case(sql: "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT * FROM a) TABLE a", relations: []),
        Case(sql: "WITH RECURSIVE a AS (TABLE b), b AS (SELECT 1) TABLE a", relations: []),
        // … and is one where it is not.
        Case(sql: "WITH a AS (TABLE a) TABLE a", relations: ["a"]),
        Case(sql: "WITH a AS (TABLE b), b AS (SELECT 1) TABLE a", relations: ["b"]),
        Case(sql: "SELECT * FROM (WITH a AS (SELECT 1) TABLE a) x, a", relations: ["a"]),
        Case(sql: "WITH a AS (WITH b AS (SELECT 1) TABLE b) SELECT * FROM a, b", relations: ["b"]),
        Case(sql: "(WITH a AS (SELECT 1) TABLE a) UNION TABLE a", relations: ["a"]),
        Case(sql: "WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (TABLE a) TABLE b) x", relations: []),
    ])
    func relationsAreThoseThatAreNoCommonTableExpressions(_ row: Case) throws {
        let statement = try ReadingStatement(checking: row.sql)
        let names = statement.relations.map { ($0.schema.map { $0 + "." } ?? "") + $0.name }
        #expect(names == row.relations)
    }

    @Test(arguments: [
        ("SELECT 1", "SELECT 1"), ("SELECT 1;", "SELECT 1"), ("SELECT ';' ;; -- c", "SELECT ';' "),
        ("/* a;b */ TABLE t -- c;", "/* a;b */ TABLE t -- c;"), (";;TABLE é;", "  TABLE é"),
        ("-- é;\n; SELECT é -- ;\n;", "        SELECT é -- ;\n"), ("(SELECT 1)\n;\n", "(SELECT 1)\n"),
    ]) func theTextIsTheStatementAloneInItsPlace(sql: String, text: String) throws {
        #expect(try ReadingStatement(checking: sql).text == text)
    }

    @Test func columnsFunctionsAndParametersAreListedOnceInTextOrder() throws {
        let statement = try ReadingStatement(
            checking: """
                SELECT b.id, "Name", b.*, count(*), s.f(b.id, $3), EXTRACT(year FROM at)
                FROM b WHERE lower(x) = $1 AND count(y) > $1 ORDER BY id
                """)
        let columns = statement.columns.map { ($0.qualifiers + [$0.name]).joined(separator: ".") }
        #expect(columns == ["b.id", "Name", "b.*", "at", "x", "y", "id"])
        #expect(
            statement.functions == [
                .init(name: "count"), .init(schema: "s", name: "f"), .init(schema: "pg_catalog", name: "extract"),
                .init(name: "lower"),
            ])
        #expect(statement.parameterCount == 3)
    }

    @Test(arguments: [
        "INSERT INTO a VALUES (1)", "UPDATE a SET x = 1", "DELETE FROM a", "TRUNCATE a", "DROP TABLE a",
        "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", "CREATE TABLE a (x int)", "CREATE TABLE a AS SELECT 1",
        "ALTER ROLE x PASSWORD 'y'", "GRANT SELECT ON a TO b", "SELECT 1 INTO a", "SELECT * INTO TEMP a FROM b",
        "SELECT * FROM a FOR UPDATE", "SELECT * FROM a FOR SHARE OF a", "SELECT * FROM a FOR NO KEY UPDATE SKIP LOCKED",
        "SELECT * FROM (SELECT * FROM a FOR KEY SHARE) x", "WITH a AS (SELECT * FROM b FOR UPDATE) TABLE a",
        "WITH a AS (INSERT INTO b VALUES (1) RETURNING *) TABLE a", "WITH a AS (DELETE FROM b RETURNING *) TABLE a",
        "SELECT * FROM (WITH a AS (UPDATE b SET x = 1 RETURNING *) TABLE a) y", "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT 1", "SHOW all", "SET ROLE x", "SET SESSION AUTHORIZATION x", "RESET ROLE", "RESET ALL",
        "COPY a TO STDOUT", "COPY (SELECT 1) TO PROGRAM 'sh'", "COPY a FROM '/etc/passwd'", "DO $$BEGIN END$$",
        "CALL p()",
        "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p", "DECLARE c CURSOR FOR SELECT 1", "FETCH c", "MOVE c",
        "CLOSE c", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT s", "LISTEN a", "NOTIFY a", "LOAD 'x'", "LOCK a", "VACUUM",
        "ANALYZE a", "CHECKPOINT", "DISCARD ALL", "REFRESH MATERIALIZED VIEW a", "COMMENT ON TABLE a IS 'x'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1", "SECURITY LABEL ON TABLE a IS 'x'", "REINDEX TABLE a",
        "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE a", "SELECT 1 /* ; */ ; -- x\n COMMIT", "COMMIT; SELECT 1",
        "SELECT $$a$$; COMMIT",
    ])
    func whatDoesMoreThanReadOnceIsRefused(sql: String) throws {
        #expect(throws: SQLSyntaxError.self) { try ReadingStatement(checking: sql) }
        do throws(SQLSyntaxError) {
            _ = try ReadingStatement(checking: sql)
        } catch {
            #expect(error.code == .notARead, "\(error)")
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var sql: String
        var error: SQLSyntaxError
        var testDescription: String { sql }
    }

    @Test(arguments: [
        Refusal(sql: "", error: .init(.syntax, "the text contains no statement")),
        Refusal(sql: " -- nothing\n;", error: .init(.syntax, "the text contains no statement")),
        Refusal(sql: "SELEC 1", error: .init(.syntax, "syntax error at or near \"SELEC\"", position: 1)),
        Refusal(sql: "SELECT 'é𝄞' FROM, x", error: .init(.syntax, "syntax error at or near \",\"", position: 17)),
        Refusal(sql: "SELECT 1 +", error: .init(.syntax, "syntax error at end of input", position: 11)),
        Refusal(
            sql: "SELECT 'é", error: .init(.syntax, "unterminated quoted string at or near \"'é\"", position: 8)),
        Refusal(sql: "SELECT 1 \0; DROP", error: .init(.syntax, "a zero byte is not allowed in SQL", position: 10)),
        Refusal(
            sql: "SELECT $0",
            error: .init(.syntax, "there is no parameter $0: they are counted from $1 to $65535", position: 8)),
        Refusal(
            sql: "SELECT 'é' ;\n  COMMIT",
            error: .init(.notARead, "only one statement is allowed, this text has 2", position: 16)),
        Refusal(
            sql: "DELETE FROM é",
            error: .init(.notARead, "DELETE is not allowed: only SELECT, VALUES and TABLE read", position: 13)),
        Refusal(
            sql: "CREATE TABLE a AS SELECT 1",
            error: .init(.notARead, "CREATE TABLE AS is not allowed: only SELECT, VALUES and TABLE read")),
    ])
    func errorsSayWhatAndWhere(_ row: Refusal) {
        #expect(throws: row.error) { try ReadingStatement(checking: row.sql) }
    }

    @Test func theSizeBoundIsTheCallers() throws {
        let sql = "SELECT '" + String(repeating: "é", count: 1000) + "'"
        #expect(throws: SQLSyntaxError(.tooLong, "the statement has 2009 bytes; at most 2008 are allowed")) {
            try ReadingStatement(checking: sql, maxBytes: 2008)
        }
        _ = try ReadingStatement(checking: sql, maxBytes: 2009)
    }
}
