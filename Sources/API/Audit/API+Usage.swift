import Access
import Catalog
import HTTPServer
import JSON

extension API {
    /// Days without use after which a grant is shown, unless the request says otherwise.
    private static let unusedDays = 90
    private static let maxUnusedDays = 36_500

    /// Last uses: of the columns of a dataset, and of grants.
    static func addUsage(to router: inout Router<Platform>) {
        router.on(.get, base + "/audit/usage") { request, platform in
            try request.allow(parameters: "dataset", "principal", "limit", "cursor")
            let caller = try await platform.caller(of: request)
            guard let dataset = try request.single("dataset") else {
                throw Refusal(.invalidParameter, "dataset is missing", hint: "Name one: ?dataset=travel.bookings")
            }
            var principal = try request.single("principal")
            if !caller.authority.allows(.manage) {
                guard principal == nil || principal == caller.name else {
                    throw Refusal(.forbidden, "the use by others needs the privilege manage on the platform")
                }
                principal = caller.name
            }
            let limit = try Page.limit(of: request)
            let after = try request.cursor { ReadUsage.Key($0) }
            let found = try await platform.readUsage.entries(of: dataset, by: principal, after: after, limit: limit + 1)
            return .list(Listing(found, limit: limit, \.text, place: \.key.place))
        }
        router.on(.get, base + "/audit/unused-grants") { request, platform in
            try request.allow(parameters: "days", "limit", "cursor")
            let caller = try await platform.caller(of: request)
            try caller.authority.require(.manage, called: "the platform")
            let days = try request.number("days", in: 0...maxUnusedDays) ?? unusedDays
            let page = try Page(request)
            let found = try await platform.unusedGrants.unused(
                forDays: days, after: page.after, limit: page.limit + 1)
            return .list(Listing(found, limit: page.limit, \.text) { "\($0.id)" })
        }
    }
}

extension ReadUsage.Key {
    /// A JSON array: names may hold anything.
    fileprivate var place: String {
        String(decoding: JSONValue.array([column, principal, purpose].map { .string($0) }).encoded(), as: UTF8.self)
    }

    fileprivate init?(_ place: String) {
        guard let parts = try? JSONValue.parse(Array(place.utf8)).arrayValue?.compactMap(\.stringValue),
            parts.count == 3
        else { return nil }
        self.init(column: parts[0], principal: parts[1], purpose: parts[2])
    }
}
