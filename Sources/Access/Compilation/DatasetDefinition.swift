import Catalog
import Postgres

/// All that decides how a dataset is enforced, as declared.
struct DatasetDefinition: Sendable {
    struct Column: Sendable {
        var id: Int
        var name: String
        var type: ColumnType
        var description: String?
        var governed: Bool
        /// Its own, and those of its dataset and its domain.
        var tags: [BorneTag]

        var inFilters: FilterColumn { FilterColumn(name: name, type: FilterType(type)) }
    }

    /// A mask, a row filter or a deny rule that may concern the dataset.
    struct Rule<Body: Sendable>: Sendable {
        var id: Int64
        var name: String
        /// The tag it hangs on; `nil` when it names this dataset or its column.
        var tag: String?
        var columnID: Int?
        var body: Body
        /// Whether an exception from it ends some day, so that it has to be asked for the time.
        var hasEndingExceptions = false
        /// Columns of which the value of a `fixed` mask is no value.
        var misfits: Set<Int> = []
    }

    var id: Int64
    var address: DatasetAddress
    var readerRole: String
    var columns: [Column]
    var masks: [Rule<MaskSpec>]
    var filters: [Rule<String>]
    /// Without a tag and a column, on the dataset or its domain.
    var denials: [Rule<Void>] = []
    /// Whether some grant names columns, so that every column needs a decision.
    var hasColumnGrants: Bool
    /// The keys of the token domains that the masks name.
    var tokenKeys: [String: Int64] = [:]

    /// Parses a row filter against the dataset's columns.
    func parse(filter text: String) throws(FilterError) -> FilterExpression {
        try FilterExpression(parsing: text, columns: columns.map(\.inFilters))
    }

    /// The masks on a column, strictest first; a tag's mask that does not fit the type acts as `nullify`.
    func masks(on column: Column) -> [Rule<MaskSpec>] {
        masks.filter { $0.columnID == column.id || $0.tag.map(column.tags.areCovered) ?? false }
            .map { rule in
                var rule = rule
                if !isMeaningful(rule, on: column) { rule.body = .nullify }
                return rule
            }
            .sorted { ($0.body, $0.id) < ($1.body, $1.id) }
    }

    /// Whether the mask gives values of the column's type.
    func isMeaningful(_ rule: Rule<MaskSpec>, on column: Column) -> Bool {
        rule.body.fits(column.type) && !rule.misfits.contains(column.id)
    }

    /// The deny rules that hide a column: on the column, or on a tag that it bears itself.
    func denials(on column: Column) -> [Rule<Void>] {
        denials.filter { rule in
            rule.columnID == column.id
                || rule.tag.map { tag in column.tags.contains { $0.bearer == .column && $0.isCovered(by: tag) } }
                    ?? false
        }
    }

    /// The deny rules that close the dataset as a whole: on it, on its domain, or on a tag that one of these bears.
    var closingDenials: [Rule<Void>] {
        // What dataset and domain bear, all columns do.
        let inherited = columns.first?.tags.filter { $0.bearer != .column } ?? []
        return denials.filter { rule in
            guard let tag = rule.tag else { return rule.columnID == nil }
            return inherited.areCovered(by: tag)
        }
    }

    /// Row filters in force: those on the dataset, and those on a tag that one of its columns bears.
    var filtersInForce: [Rule<String>] {
        filters.filter { filter in
            guard let tag = filter.tag else { return true }
            return columns.contains { $0.tags.areCovered(by: tag) }
        }
    }
}

extension DatasetDefinition {
    /// Reads the definition of dataset `id` in the connection's transaction.
    static func read(_ id: Int64, on connection: Connection) async throws -> DatasetDefinition {
        let head = try await connection.query(
            """
            SELECT d.name, ds.name, d.reader_role::text, EXISTS (
                SELECT FROM sluice.access_grant AS g WHERE g.scope_id = ds.id AND g.column_ids IS NOT NULL)
            FROM sluice.dataset AS ds JOIN sluice.domain AS d ON d.id = ds.domain_id
            WHERE ds.id = \(id)
            """)
        guard let row = head.first else { throw Refusal.notFound("dataset \(id)") }
        let masks = try await readMasks(of: id, on: connection)
        return DatasetDefinition(
            id: id, address: DatasetAddress(domain: try row.decode(at: 0), name: try row.decode(at: 1)),
            readerRole: try row.decode(at: 2), columns: try await readColumns(of: id, on: connection),
            masks: masks, filters: try await readFilters(of: id, on: connection),
            denials: try await readDenials(of: id, on: connection), hasColumnGrants: try row.decode(at: 3),
            tokenKeys: try await readTokenKeys(of: masks, on: connection))
    }

    /// The dataset's columns in their order.
    static func readColumns(of id: Int64, on connection: Connection) async throws -> [Column] {
        let rows = try await connection.query(
            """
            SELECT c.id::bigint, c.name, c.type, c.description, c.governed, b.names, b.bearers
            FROM sluice.dataset_column AS c
            LEFT JOIN (
                SELECT b.column_id, array_agg(t.name ORDER BY t.name, b.bearer) AS names,
                    array_agg(b.bearer ORDER BY t.name, b.bearer) AS bearers
                FROM sluice.borne_tag AS b JOIN sluice.tag AS t ON t.id = b.tag_id
                WHERE b.dataset_id = \(id) GROUP BY b.column_id
            ) AS b ON b.column_id = c.id
            WHERE c.dataset_id = \(id) ORDER BY c.position
            """)
        return try rows.map { row in
            let names: [String] = try row.decode(at: 5, as: [String]?.self) ?? []
            let bearers: [String] = try row.decode(at: 6, as: [String]?.self) ?? []
            return Column(
                id: try row.decode(at: 0), name: try row.decode(at: 1), type: try ColumnType(stored: row.decode(at: 2)),
                description: try row.decode(at: 3), governed: try row.decode(at: 4),
                tags: zip(names, bearers).compactMap { name, bearer in
                    BorneTag.Bearer(rawValue: bearer).map { BorneTag(name, on: $0) }
                })
        }
    }

    /// The ids of the tags that a column of dataset `id` bears, and of those above them: an array that is made once, so
    /// that rules are found by their indexes, however many others there are.
    private static func tagsOver(_ id: Int64) -> SQL {
        """
        ARRAY(
            SELECT over.id
            FROM (SELECT DISTINCT b.tag_id FROM sluice.borne_tag AS b WHERE b.dataset_id = \(id)) AS b
            JOIN sluice.tag AS borne ON borne.id = b.tag_id
            CROSS JOIN LATERAL string_to_array(borne.name, '.') AS part
            CROSS JOIN LATERAL generate_series(1, cardinality(part)) AS depth
            JOIN sluice.tag AS over ON over.name = array_to_string(part[1:depth], '.'))
        """
    }

    private static func readMasks(of id: Int64, on connection: Connection) async throws -> [Rule<MaskSpec>] {
        let rows = try await connection.query(
            """
            SELECT m.id, m.name, t.name, m.column_id::bigint, m.spec::text, \(raw: endingExceptions("m.id")), ARRAY(
                SELECT c.id::bigint FROM sluice.dataset_column AS c
                WHERE c.dataset_id = \(id) AND m.spec ->> 'kind' = 'fixed'
                    AND NOT sluice.casts(m.spec ->> 'value', c.type))
            FROM sluice.mask AS m LEFT JOIN sluice.tag AS t ON t.id = m.tag_id
            WHERE m.dataset_id = \(id) OR m.tag_id = ANY (\(raw: tagsOver(id)))
            """)
        return try rows.map { row in
            Rule(
                id: try row.decode(at: 0), name: try row.decode(at: 1), tag: try row.decode(at: 2),
                columnID: try row.decode(at: 3, as: Int?.self), body: try MaskSpec(stored: row.decode(at: 4)),
                hasEndingExceptions: try row.decode(at: 5),
                misfits: Set(try row.decode(at: 6, as: [Int64].self).map(Int.init)))
        }
    }

    private static func readTokenKeys(
        of masks: [Rule<MaskSpec>], on connection: Connection
    ) async throws -> [String: Int64] {
        let domains = Set(
            masks.compactMap { rule in
                if case .token(let domain) = rule.body { domain } else { nil as String? }
            })
        guard !domains.isEmpty else { return [:] }
        let rows = try await connection.query(
            "SELECT token_domain, id FROM sluice.mask_key WHERE token_domain = ANY (\(domains.sorted()))")
        return try Dictionary(uniqueKeysWithValues: rows.map { try ($0.decode(at: 0), $0.decode(at: 1)) })
    }

    private static func readFilters(of id: Int64, on connection: Connection) async throws -> [Rule<String>] {
        let rows = try await connection.query(
            """
            SELECT f.id, f.name, t.name, f.expression, \(raw: endingExceptions("f.id"))
            FROM sluice.row_filter AS f LEFT JOIN sluice.tag AS t ON t.id = f.tag_id
            WHERE f.dataset_id = \(id) OR f.tag_id = ANY (\(raw: tagsOver(id)))
            ORDER BY f.id
            """)
        return try rows.map { row in
            Rule(
                id: try row.decode(at: 0), name: try row.decode(at: 1), tag: try row.decode(at: 2), columnID: nil,
                body: try row.decode(at: 3), hasEndingExceptions: try row.decode(at: 4))
        }
    }

    private static func readDenials(of id: Int64, on connection: Connection) async throws -> [Rule<Void>] {
        let rows = try await connection.query(
            """
            SELECT r.id, r.name, t.name, r.column_id::bigint, \(raw: endingExceptions("r.id"))
            FROM sluice.deny_rule AS r LEFT JOIN sluice.tag AS t ON t.id = r.tag_id
            WHERE r.dataset_id = \(id) OR r.tag_id = ANY (\(raw: tagsOver(id)))
                OR r.domain_id = (SELECT ds.domain_id FROM sluice.dataset AS ds WHERE ds.id = \(id))
            ORDER BY r.id
            """)
        return try rows.map { row in
            Rule(
                id: try row.decode(at: 0), name: try row.decode(at: 1), tag: try row.decode(at: 2),
                columnID: try row.decode(at: 3, as: Int?.self), body: (), hasEndingExceptions: try row.decode(at: 4))
        }
    }

    /// Whether an exception from the rule whose id `rule` spells has an end.
    static func endingExceptions(_ rule: String) -> SQL {
        SQL(
            unsafe: """
                EXISTS (SELECT FROM sluice.rule_exemption AS x WHERE x.rule_id = \(rule) AND x.until < 'infinity')
                """)
    }
}
