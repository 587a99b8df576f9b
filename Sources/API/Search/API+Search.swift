import Access
import Catalog
import Cryptography
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
            let offset = try request.single("cursor").map { text throws(Refusal) in try Self.offset(of: text) } ?? 0
            let search = Search.Request(
                text: text, type: type, domain: try request.single("domain"), tag: try request.single("tag"),
                limit: limit + 1, offset: offset)
            let hits = try await platform.sessions.withServerSession { connection in
                try await Search.run(search, visible: caller.visible(.domain), on: connection)
            }
            let next = hits.count > limit ? "\"\(Base64URL.encode(Array("\(offset + limit)".utf8)))\"" : "null"
            let items = hits.prefix(limit).joined(separator: ",")
            return Response(
                contentType: "application/json", bytes: Array("{\"items\":[\(items)],\"nextCursor\":\(next)}".utf8))
        }
    }

    /// How deep a search may page: further down nothing is near what was asked.
    private static let maxOffset = 10_000

    private static func offset(of cursor: String) throws(Refusal) -> Int {
        let text = Base64URL.decode(cursor).map { String(decoding: $0, as: UTF8.self) }
        guard let offset = text.flatMap({ Int($0) }), (0...maxOffset).contains(offset) else {
            throw Refusal(.invalidCursor, "the cursor is not one of this list", hint: "Begin again without a cursor.")
        }
        return offset
    }
}
