import Catalog
import HTTPServer

/// One page of a collection: `?limit=` 1…1000 and an opaque `?cursor=`.
struct Page {
    static let defaultLimit = 100
    static let maxLimit = 1000

    var limit: Int
    /// The id after which the page begins.
    var after: Int64

    init(_ request: Request) throws(Refusal) {
        limit = try Self.limit(of: request)
        after = try request.cursor { Int64($0).flatMap { $0 >= 0 ? $0 : nil } } ?? 0
    }

    /// `?limit=`.
    static func limit(of request: Request) throws(Refusal) -> Int {
        try request.number("limit", in: 1...maxLimit) ?? defaultLimit
    }

    /// What there is to answer of `documents`, selected with a limit of one more than the page's.
    func listing(of documents: [Document]) -> Listing {
        Listing(documents, limit: limit, \.text) { "\($0.id)" }
    }
}
