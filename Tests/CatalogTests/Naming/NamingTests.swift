import Catalog
import Testing

@Suite struct NamingTests {
    @Test(arguments: ["a", "travel", "b2", "limit", "select", "a_very_long_name", String(repeating: "x", count: 63)])
    func isTaken(_ name: String) {
        #expect(ObjectName.fault(in: name) == nil)
    }

    @Test(arguments: [
        "", "A", "1a", "_a", "a-b", "a.b", "ä", "a b", "a\"", "a;", "a\u{0}", String(repeating: "x", count: 64),
    ])
    func isNoName(_ name: String) {
        #expect(ObjectName.fault(in: name)?.code == .invalid)
    }

    @Test(arguments: [
        "pg_x", "sluice", "sluice_view", "store", "public", "information_schema", "postgres", "ctid", "xmin",
        "tableoid",
    ])
    func isReserved(_ name: String) {
        #expect(ObjectName.fault(in: name)?.code == .reservedName)
    }

    @Test(arguments: [
        ("pii", true), ("pii.email", true), ("a.b.c", true), ("pii.", false), (".pii", false),
        ("pii..x", false), ("Pii", false), ("", false), (String(repeating: "a.", count: 100) + "a", false),
    ])
    func tagNames(_ name: String, isGood: Bool) {
        let taken = (try? TagName.check(name, at: "/name")) != nil
        #expect(taken == isGood)
    }

    @Test func addressesHaveTheirParts() {
        #expect(DatasetAddress("a.b") == DatasetAddress(domain: "a", name: "b"))
        #expect(ColumnAddress("a.b.c")?.column == "c")
        for text in ["", "a", "a.", ".b", "a.b.c", "a..b"] { #expect(DatasetAddress(text) == nil, "\(text)") }
        for text in ["a.b", "a.b.", "a.b.c.d", "..."] { #expect(ColumnAddress(text) == nil, "\(text)") }
    }
}

@Suite struct RFC3339Tests {
    @Test(arguments: [
        "2027-01-31T00:00:00Z", "2024-02-29T23:59:59.999999999+14:00", "0001-01-01T00:00:00-00:30",
        "2000-02-29t12:00:00z",
    ])
    func isATime(_ text: String) {
        #expect(RFC3339.isValid(text))
    }

    @Test(arguments: [
        "", "2027-01-31", "2027-01-31T00:00:00", "2027-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2027-01-31T24:00:00Z", "2027-01-31T00:60:00Z", "2027-01-31T00:00:60Z", "2027-01-31T00:00:00.Z",
        "2027-01-31T00:00:00+15:00", "2027-01-31T00:00:00Z ", "now", "infinity", "2027-1-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
    ])
    func isNone(_ text: String) {
        #expect(!RFC3339.isValid(text))
    }
}
