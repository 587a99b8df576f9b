import Catalog
import Cryptography
import HTTPServer
import JSON
import Testing

@testable import API

@Suite struct ListingTests {
    /// The page of numbers with `limit`, selected with one more; the place of the next is the last one's.
    private static func page(_ found: [Int], limit: Int) throws -> JSONValue {
        let listing = Listing(found, limit: limit, { #"{"n":\#($0)}"# }, place: { "\($0)" })
        return try JSONValue.parse(listing.encoded())
    }

    @Test func aPageShowsItsItemsAndWhereTheNextBegins() throws {
        let next = JSONValue.string(Base64URL.encode(Array("2".utf8)))
        #expect(try Self.page([1, 2, 3], limit: 2) == ["items": [["n": 1], ["n": 2]], "nextCursor": next])
    }

    @Test(arguments: [[], [1], [1, 2]])
    func theLastPageHasNoCursor(_ found: [Int]) throws {
        let items = found.map { JSONValue.object(["n": JSONValue($0)]) }
        #expect(try Self.page(found, limit: 2) == ["items": .array(items), "nextCursor": .null])
    }

    @Test func aCursorLeadsToThePlaceItWasMadeFrom() throws {
        for place in ["7", "[\"a b\",\"ü\"]", "2026-11-21T05:26:48Z change 4"] {
            let listing = try JSONValue.parse(Listing([], next: place).encoded())
            let cursor = try #require(listing["nextCursor"]?.stringValue)
            let request = try Request(.get, "/?cursor=\(cursor)")
            #expect(try request.cursor { $0 } == place)
        }
        #expect(try Request(.get, "/").cursor { $0 } == nil)
    }

    @Test(arguments: ["", "*", "eA", "_w"])
    func whatIsNoPlaceOfTheListIsRefused(_ cursor: String) throws {
        let request = try Request(.get, "/?cursor=\(cursor)")
        let refusal = #expect(throws: Refusal.self) { try request.cursor { Int($0) } }
        #expect(refusal?.code == .invalidCursor)
    }
}
