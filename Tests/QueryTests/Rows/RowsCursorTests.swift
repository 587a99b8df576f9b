import Catalog
import Cryptography
import Testing

@testable import Query

@Suite struct RowsCursorTests {
    let key: SecretKey

    init() throws {
        key = try SecretKey(bytes: Array(0..<32))
    }

    @Test func contentSurvivesItsEncoding() {
        for cursor in [
            RowsCursor(position: 0, key: nil, skip: 0), RowsCursor(position: 1, key: [], skip: 0),
            RowsCursor(position: .max, key: [nil, "", "é\u{0}x", nil], skip: 127),
            RowsCursor(position: 128, key: [String(repeating: "x", count: 300)], skip: 128),
        ] {
            #expect(RowsCursor(decoding: cursor.encoded()) == cursor)
        }
    }

    @Test func damagedContentIsRefusedNotMisread() {
        let bytes = RowsCursor(position: 300, key: ["abc", nil], skip: 2).encoded()
        for count in 0..<bytes.count { #expect(RowsCursor(decoding: Array(bytes[..<count])) == nil, "\(count)") }
        #expect(RowsCursor(decoding: bytes + [0]) == nil)
        #expect(RowsCursor(decoding: [2] + bytes.dropFirst()) == nil)
        #expect(RowsCursor(decoding: [1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 127]) == nil)
    }

    /// The cursor after one page of two rows with `region` as their key.
    private func cursor(_ query: String, subject: String = "ann", rows: [[String?]]) throws -> String {
        let statement = try RowsFixture.statement(query, subject: subject, key: key)
        var pager = RowsPager(statement)
        for row in rows { _ = pager.accept { row[$0] } }
        return try pager.nextCursor(key: key)
    }

    @Test func aCursorCarriesNoValueInClearAndDiffersEachTime() throws {
        let rows: [[String?]] = [["Ann.Lee@example.org", "1"], ["Ann.Lee@example.org", "2"]]
        let cursors = try (0..<2).map { _ in try cursor("select=region,id&order=region&limit=2", rows: rows) }
        #expect(cursors[0] != cursors[1])
        let bytes = try #require(Base64URL.decode(cursors[0]))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("Ann"))
    }

    @Test func aCursorServesOnlyTheRequestItWasMadeFor() throws {
        let query = "select=region,id&order=region&amount=gt.5&limit=2"
        let next = try cursor(query, rows: [["a", "1"], [nil, "2"]])
        _ = try RowsFixture.statement(query + "&cursor=\(next)", key: key)
        // Page size and columns may change, what comes in which order may not.
        _ = try RowsFixture.statement("select=at&order=region&amount=gt.5&limit=9&cursor=\(next)", key: key)
        _ = try RowsFixture.statement("order=region&amount=gt.5&limit=all&cursor=\(next)", key: key)
        for other in [
            "order=region.desc&amount=gt.5", "order=region.nullsfirst&amount=gt.5", "order=region,at&amount=gt.5",
            "order=region", "order=region&amount=gt.6", "order=region&amount=gte.5", "order=region&amount=gt.5&id=gt.0",
            "order=region&amount=gt.5&id=eq.1",
        ] {
            expectInvalidCursor(other + "&cursor=\(next)")
        }
        expectInvalidCursor(query + "&cursor=\(next)", subject: "bob")
        var source = RowsFixture.source
        source.dataset = "other"
        expectInvalidCursor(query + "&cursor=\(next)", of: source)
        source = RowsFixture.source
        source.hasExactKey = false
        expectInvalidCursor(query + "&cursor=\(next)", of: source)
        source = RowsFixture.source
        source.columns[1].type = .init(.bytea)
        expectInvalidCursor(query + "&cursor=\(next)", of: source)
    }

    @Test(arguments: [
        "", "x", "AAAA", "null", "1", "é", String(repeating: "A", count: 100), String(repeating: "A", count: 10_000),
    ])
    func whatIsNoCursorIsRefused(text: String) {
        expectInvalidCursor("cursor=" + text)
    }

    @Test func anyAlteredCharacterIsRefused() throws {
        let next = try cursor("select=id&limit=1", rows: [["5"]])
        for index in next.indices {
            var altered = next
            altered.replaceSubrange(index...index, with: next[index] == "A" ? "B" : "A")
            expectInvalidCursor("select=id&limit=1&cursor=" + altered)
        }
    }

    private func expectInvalidCursor(
        _ query: String, of source: RowsSource = RowsFixture.source, subject: String = "ann"
    ) {
        do {
            _ = try RowsFixture.statement(query, of: source, subject: subject, key: key)
            Issue.record("accepted \(query)")
        } catch {
            #expect((error as? RowsError)?.code == .invalidCursor, "\(query): \(error)")
        }
    }

    struct Page: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var query: String
        var last: [[String?]]
        var condition: String
        var parameters: [String]
    }

    @Test(arguments: [
        Page(
            testDescription: "by key", query: "select=id&limit=1", last: [["5"]],
            condition: #""id" > $1::pg_catalog.int8"#, parameters: ["5"]),
        Page(
            testDescription: "by key, descending", query: "select=id&limit=1&order=id.desc", last: [["5"]],
            condition: #""id" < $1::pg_catalog.int8"#, parameters: ["5"]),
        Page(
            testDescription: "NULLs last, at a value", query: "select=region,id&order=region&limit=1",
            last: [["a", "5"]],
            condition:
                #"(("region" > $1::pg_catalog.text OR "region" IS NULL) OR "region" = $1::pg_catalog.text AND "id" > $2::pg_catalog.int8)"#,
            parameters: ["a", "5"]),
        Page(
            testDescription: "NULLs last, at NULL", query: "select=region,id&order=region&limit=1", last: [[nil, "5"]],
            condition: #"("region" IS NULL AND "id" > $1::pg_catalog.int8)"#, parameters: ["5"]),
        Page(
            testDescription: "NULLs first, at NULL", query: "select=region,id&order=region.desc&limit=1",
            last: [[nil, "5"]],
            condition: #"("region" IS NOT NULL OR "region" IS NULL AND "id" > $1::pg_catalog.int8)"#, parameters: ["5"]),
        Page(
            testDescription: "NULLs first, at a value", query: "select=region,id&order=region.desc&limit=1",
            last: [["a", "5"]],
            condition:
                #"("region" < $1::pg_catalog.text OR "region" = $1::pg_catalog.text AND "id" > $2::pg_catalog.int8)"#,
            parameters: ["a", "5"]),
    ])
    func theNextPageBeginsAfterTheLastRow(_ row: Page) throws {
        let next = try cursor(row.query, rows: row.last)
        let statement = try RowsFixture.statement(row.query + "&cursor=" + next, key: key)
        #expect(statement.text.contains(" WHERE \(row.condition) ORDER BY"), "\(statement.text)")
        #expect(statement.parameters == row.parameters + ["2"])
    }

    @Test func aKeyTooLongToCarryIsReplacedByACount() throws {
        let long = String(repeating: "x", count: 5000)
        let next = try cursor("select=region,id&order=region&limit=2", rows: [["a", "1"], [long, "2"]])
        #expect(next.utf8.count < 100)
        let statement = try RowsFixture.statement("select=region,id&order=region&limit=2&cursor=" + next, key: key)
        #expect(statement.text.hasSuffix("OFFSET $2::pg_catalog.int8"))
        #expect(statement.parameters == ["3", "2"])
    }
}
