internal import JSON

extension APIClient {
    /// Items of a collection, page after page.
    struct Listing {
        var items: [JSONValue] = []
        /// Where the next page begins; `nil` at the end.
        var nextCursor: String?

        /// In the form of the API's own pages.
        var value: JSONValue { ["items": .array(items), "nextCursor": JSONValue(nextCursor)] }
    }

    static let limitOption = CommandOption(
        flag: "--limit", valueName: "COUNT", fallback: "100", help: "At most so many; 0: all")
    private static let maxPage = 1000

    /// Follows the pages of a list until `limit` items are there; `nil`: all of them.
    func list(
        _ path: String, _ parameters: KeyValuePairs<String, String?> = [:], limit: Int?
    ) throws -> Listing {
        var listing = Listing()
        let start = APIPath.with(path, parameters)
        repeat {
            let count = limit.map { min(Self.maxPage, $0 - listing.items.count) } ?? Self.maxPage
            var next = start + (start.contains("?") ? "&" : "?") + "limit=\(count)"
            if let cursor = listing.nextCursor { next += "&cursor=\(APIPath.segment(cursor))" }
            let page = try get(next)
            listing.items += page["items"]?.arrayValue ?? []
            listing.nextCursor = page["nextCursor"]?.stringValue
        } while listing.nextCursor != nil && listing.items.count < limit ?? .max
        return listing
    }
}

extension Arguments {
    /// The value of `--limit`; `nil`: all.
    func limit(_ option: CommandOption = APIClient.limitOption) throws(UsageError) -> Int? {
        guard let limit = try integer(option), limit > 0 else { return nil }
        return limit
    }
}
