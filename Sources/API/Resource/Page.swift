import Access
import Catalog
import Cryptography
import HTTPServer
import JSON
import Postgres

/// One page of a collection: `?limit=` 1…1000 and an opaque `?cursor=`.
struct Page {
    static let defaultLimit = 100
    static let maxLimit = 1000

    var limit: Int
    /// The id after which the page begins.
    var after: Int64

    init(_ request: Request) throws(Refusal) {
        limit = try Self.limit(of: request)
        after = 0
        if let text = try request.single("cursor") {
            guard let bytes = Base64URL.decode(text), let id = Int64(String(decoding: bytes, as: UTF8.self)), id >= 0
            else {
                throw Refusal(
                    .invalidCursor, "the cursor is not one of this list", hint: "Begin again without a cursor.")
            }
            after = id
        }
    }

    /// `?limit=`.
    static func limit(of request: Request) throws(Refusal) -> Int {
        guard let text = try request.single("limit") else { return defaultLimit }
        guard let number = Int(text), (1...maxLimit).contains(number) else {
            throw Refusal(.invalidParameter, "limit must be a number between 1 and \(maxLimit)")
        }
        return number
    }

    /// The answer for `documents`, which were selected with a limit of one more than the page's.
    func body(of documents: [Document]) -> [UInt8] {
        let shown = documents.prefix(limit)
        return Self.body(of: shown.map(\.text), next: documents.count > limit ? shown.last?.id : nil)
    }

    /// The answer for items that are JSON already.
    ///
    /// - Parameter next: The id after which the next page begins; `nil` on the last one.
    static func body(of items: [String], next: Int64?) -> [UInt8] {
        var body = Array("{\"items\":[".utf8)
        for (index, item) in items.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += item.utf8
        }
        let cursor = next.map { "\"\(Base64URL.encode(Array("\($0)".utf8)))\"" } ?? "null"
        body += "],\"nextCursor\":\(cursor)}".utf8
        return body
    }
}

extension Request {
    /// The value of a query parameter that may be given once.
    func single(_ name: String) throws(Refusal) -> String? {
        let values = query.values(name)
        guard values.count <= 1 else { throw Refusal(.invalidParameter, "\(name) is given more than once") }
        return values.first
    }

    /// Refuses query parameters that the operation does not know.
    func allow(parameters known: String...) throws(Refusal) {
        for item in query.items where !known.contains(item.name) {
            let list = known.isEmpty ? "none" : known.joined(separator: ", ")
            throw Refusal(.invalidParameter, "the parameter \(item.name) is not known", hint: "Known are: \(list).")
        }
    }

    /// The body as JSON; 415 unless it is declared so, 400 with the place when it is not.
    func json(upTo limit: Int = 1 << 20) async throws -> JSONValue {
        if let type = fields["Content-Type"] {
            let essence = type.split(separator: ";").first?.trimmed.lowercased() ?? ""
            guard essence == "application/json" || essence.hasSuffix("+json") else {
                throw Refusal(.unsupportedMediaType, "the body is \(essence), not application/json")
            }
        }
        let bytes = try await body.collect(upTo: limit)
        do { return try JSONValue.parse(bytes) } catch {
            throw Refusal(
                .malformedJSON, "\(error)", hint: "The place is counted from line 1, column 1.")
        }
    }
}
