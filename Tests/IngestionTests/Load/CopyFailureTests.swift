import Postgres
import Testing

@testable import Ingestion

@Suite struct CopyFailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var context: String
        var row: Int?
        var column: String?
        var testDescription: String { context }
    }

    @Test(arguments: [
        Case(context: "COPY d12, line 3", row: 3),
        Case(context: "COPY d12, line 3, column age: \"secret\"", row: 3, column: "age"),
        Case(context: "COPY d12, line 3, column age: null input", row: 3, column: "age"),
        Case(context: "COPY d12, line 4, column age", row: 4, column: "age"),
        Case(context: "COPY d12, line 3: \"7, column age: x\"", row: 3),
        Case(context: "COPY d12, Zeile 3, Spalte age: »x«", row: 3, column: "age"),
        Case(context: "JSON data, line 1: {\"a\",...\nCOPY d12, line 9, column doc: \"{\"", row: 9, column: "doc"),
        Case(context: "COPY d12, line 5, column a: \"x\nCOPY d12, line 1, column b: \"", row: 5, column: "a"),
        Case(context: "COPY d123, line 3"),
        Case(context: "COPY d12, line x"),
        Case(context: "COPY d12, line 0"),
        Case(context: "SQL function \"f\" statement 1"),
        Case(context: ""),
    ])
    func thePlaceIsReadFromTheContext(_ example: Case) {
        let found = CopyFailure(context: example.context, table: "d12")
        #expect(found?.row == example.row)
        #expect(found?.column == example.column)
    }

    @Test(arguments: [
        ("22003", "out_of_range", "is out of range for integer"),
        ("22P02", "invalid_value", "is not acceptable for integer"),
        ("22001", "too_long", "is too long for integer"),
        ("54000", "limit_exceeded", "is too large for a row or a key of Postgres"),
        ("23502", "null_not_allowed", "must not be empty"),
        ("22021", "not_utf8", "is text that the database cannot store"),
    ])
    func theMessageQuotesNothing(_ state: String, _ code: String, _ message: String) throws {
        let found = try error(state, "COPY d12, line 3, column age: \"topsecret\"")
        #expect(found?.code.rawValue == code)
        #expect(found?.message == message)
        #expect(found?.column == "age")
        #expect(found?.line == 30)
        #expect(found?.record == 29)
    }

    @Test func aTakenKeyIsNamedByItsColumns() throws {
        let found = try error("23505", "COPY d12, line 3")
        #expect(found?.code == .duplicateKey)
        #expect(found?.message == "the primary key (age, name) is taken by another row")
        #expect(found?.column == nil)
    }

    @Test(arguments: ["40P01", "55P03", "57P01", "53100", "42501"])
    func otherFailuresAreNotTheRows(_ state: String) throws {
        #expect(try error(state, "COPY d12, line 3") == nil)
    }

    private func error(_ state: String, _ context: String) throws -> RowError? {
        let target = LoadTarget(
            datasetID: 12, columns: try columns("age integer", "name text"), primaryKey: ["age", "name"])
        let error = PostgresError(code: .queryFailed, sqlState: state, message: "value \"topsecret\" …")
        let place = try #require(CopyFailure(context: context, table: target.tableName))
        return place.rowError(
            error, columns: target.columns, primaryKey: target.primaryKey, line: 30, record: 29)
    }
}
