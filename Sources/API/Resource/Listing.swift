import Catalog
import Cryptography
import HTTPServer

/// A page of a list as it is answered: `{"items": […], "nextCursor": "…"|null}`.
struct Listing {
    /// Each a JSON text.
    private let items: [String]
    private let nextCursor: String?

    /// - Parameter next: Where the next page begins; `nil` on the last one.
    init(_ items: [String], next: String? = nil) {
        self.items = items
        nextCursor = next.map { Base64URL.encode(Array($0.utf8)) }
    }

    /// The page of what was selected with a limit of one more than the page's: that one tells that there is a next page.
    ///
    /// - Parameters:
    ///   - text: An item's JSON.
    ///   - place: Where the page after the one that ends with this item begins.
    init<Found>(_ found: [Found], limit: Int, _ text: (Found) -> String, place: (Found) -> String) {
        let shown = found.prefix(limit)
        self.init(shown.map(text), next: found.count > limit ? shown.last.map(place) : nil)
    }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        // A line break may follow.
        bytes.reserveCapacity(items.reduce(64 + (nextCursor?.utf8.count ?? 0)) { $0 + $1.utf8.count + 1 })
        bytes += "{\"items\":[".utf8
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += item.utf8
        }
        bytes += "],\"nextCursor\":".utf8
        bytes += (nextCursor.map { "\"\($0)\"" } ?? "null").utf8
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension Request {
    /// `?cursor=`, which is opaque to clients: the place that a page of this list gave for the next one.
    ///
    /// - Parameter read: `nil` for what is no place of the list.
    func cursor<Place>(_ read: (String) -> Place?) throws(Refusal) -> Place? {
        guard let cursor = try single("cursor") else { return nil }
        let text = Base64URL.decode(cursor).flatMap { String(validating: $0, as: UTF8.self) }
        guard let place = text.flatMap(read) else {
            throw Refusal(.invalidCursor, "the cursor is not one of this list", hint: "Begin again without a cursor.")
        }
        return place
    }
}
