import Postgres
import Testing

@Suite struct SQLTests {
    @Test func interpolatedValuesAreBoundAndNotPlaced() {
        let name = "O'Hara; DROP TABLE x"
        let missing: String? = nil
        let sql: SQL = "SELECT \(name), \(42), \(true), \(1.5), \(missing), \(["a", "b"])"
        #expect(sql.text == "SELECT $1, $2, $3, $4, $5, $6")
        #expect(sql.parameters.map(\.text) == [name, "42", "t", "1.5", nil, "{\"a\",\"b\"}"])
        #expect(sql.parameters.map(\.typeOID) == [0, 20, 16, 701, 0, 0])
    }

    @Test func concatenationNumbersPlaceholdersOn() {
        var condition: SQL = "a = \(1) AND b = \(2)"
        condition += " AND c = '$1' AND d = \(3)"
        let inner: SQL = "x = \(4)"
        let all: SQL = "WHERE \(raw: condition) OR \(raw: inner) OR y = \(5)"
        #expect(all.text == "WHERE a = $1 AND b = $2 AND c = '$1' AND d = $3 OR x = $4 OR y = $5")
        #expect(all.parameters.map(\.text) == ["1", "2", "3", "4", "5"])
    }

    @Test func moreThanNinePlaceholdersSurviveConcatenation() {
        let many = (1...12).map { SQL("c\($0)") }.joined(separator: ", ")
        let twice = many + " | " + many
        let numbers = (1...12).map { "c$\($0)" }.joined(separator: ", ")
        let rest = (13...24).map { "c$\($0)" }.joined(separator: ", ")
        #expect(twice.text == "\(numbers) | \(rest)")
        #expect(twice.parameters.map(\.text) == (0..<24).map { "\($0 % 12 + 1)" })
    }

    @Test(arguments: [
        ("plain", "\"plain\""), ("a\"b", "\"a\"\"b\""), ("", "\"\""), ("ünï", "\"ünï\""),
    ])
    func identifiersAreQuoted(_ name: String, _ quoted: String) {
        #expect(SQL("\(identifier: name)").text == quoted)
    }

    @Test(arguments: [("it's", "'it''s'"), ("a\\'b", " E'a\\\\''b'"), ("", "''")])
    func literalsAreQuoted(_ text: String, _ quoted: String) {
        #expect(SQL.quoted(literal: text) == quoted)
    }
}
