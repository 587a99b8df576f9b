import Access
import Catalog
import HTTPServer
import Postgres
import Store

extension API {
    static func addSearch(to router: inout Router<Platform>) {
        router.on(.get, base + "/search") { request, platform in
            try request.allow(parameters: "q", "type", "domain", "tag", "limit", "cursor")
            let caller = try await platform.caller(of: request)
            guard let text = try request.single("q"), text.count <= Search.maxLength else {
                throw Refusal(.invalidParameter, "q is required and has at most \(Search.maxLength) characters")
            }
            let type = try request.single("type")
            if let type, !Search.types.contains(type) {
                throw Refusal(.invalidParameter, "type must be one of \(Search.types.joined(separator: ", "))")
            }
            let limit = try Page.limit(of: request)
            let offset = try request.cursor { Int($0).flatMap { (0...maxOffset).contains($0) ? $0 : nil } } ?? 0
            let search = Search.Request(
                text: text, type: type, domain: try request.single("domain"), tag: try request.single("tag"),
                limit: limit + 1, offset: offset)
            let hits = try await platform.sessions.withServerSession { connection in
                try await Search.run(search, visible: caller.visible(.domain), on: connection)
            }
            return .list(Listing(hits, limit: limit, \.self) { _ in "\(offset + limit)" })
        }
    }

    /// How deep a search may page: further down nothing is near what was asked.
    private static let maxOffset = 10_000
}
