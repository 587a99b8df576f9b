public import Postgres

/// Search over names, descriptions and tags of domains, datasets and columns: exact names first, then prefixes, words
/// and near misses (trigrams, which forgive typing errors, dashes for underscores and case).
public enum Search {
    /// What to look for, and among what.
    public struct Request: Sendable {
        public var text: String
        /// `domain`, `dataset`, `column` or `tag`.
        public var type: String?
        /// Within this domain only; `nil`: everywhere.
        public var domain: String?
        /// Only what bears this tag or one below it; `nil`: whatever it bears.
        public var tag: String?
        /// Hits at most.
        public var limit: Int
        /// Hits left out before the first.
        public var offset: Int

        public init(text: String, type: String?, domain: String?, tag: String?, limit: Int, offset: Int) {
            self.text = text
            self.type = type
            self.domain = domain
            self.tag = tag
            self.limit = limit
            self.offset = offset
        }
    }

    /// What can be searched for: the values of `Request.type`.
    public static let types = ["domain", "dataset", "column", "tag"]
    /// Characters of a query.
    public static let maxLength = 200

    /// The hits as JSON texts, best first; only objects on which `visible` holds (a condition on `scope_id`).
    public static func run(_ request: Request, visible: SQL, on connection: Connection) async throws -> [String] {
        // Names hold underscores where people write blanks or dashes.
        let words = String(request.text.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
        var condition: SQL = "(scope_id IS NULL OR \(raw: visible))"
        if let type = request.type { condition += " AND type = \(type)" }
        if let domain = request.domain { condition += " AND domain = \(domain)" }
        if let tag = request.tag {
            condition += " AND EXISTS (SELECT FROM unnest(tags) AS t WHERE t = \(tag) OR starts_with(t, \(tag + ".")))"
        }
        let rows = try await connection.query(
            """
            SELECT json_build_object('type', type, 'address', address, 'title', title, 'snippet', left(snippet, 200),
                'score', round(score::numeric, 4))::text
            FROM (
                SELECT s.*, greatest(
                    CASE WHEN lower(address) = \(words) OR name = \(words) THEN 3.0
                        WHEN starts_with(name, \(words)) THEN 2.0
                        WHEN strpos(name, \(words)) > 0 OR strpos(lower(address), \(words)) > 0 THEN 1.5 ELSE 0 END,
                    CASE WHEN \(words) = ANY (tags) THEN 1.4 ELSE 0 END,
                    CASE WHEN strpos(lower(snippet), \(request.text.lowercased())) > 0 THEN 1.0 ELSE 0 END,
                    sluice_search.similarity(name, \(words))) AS score
                FROM sluice.search_entry AS s
                WHERE \(raw: condition)
            ) AS scored
            WHERE score >= 0.3 OR \(words) = ''
            ORDER BY score DESC, length(address), address
            LIMIT \(Int64(request.limit)) OFFSET \(Int64(request.offset))
            """)
        return try rows.map { try $0.decode(at: 0) }
    }
}
