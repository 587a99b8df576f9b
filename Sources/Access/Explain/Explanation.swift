internal import Catalog
public import JSON
public import Postgres

/// What a principal sees of a dataset and why, from the compiled tables that enforce (`POST /access/explain`).
public struct Explanation: Sendable {
    /// A column as the principal sees it: clear, masked or not at all.
    public struct Column: Sendable {
        public var name: String
        public var visible: Bool
        /// The mask in force; `nil` when the value is shown in clear, or not at all.
        public var mask: MaskSpec?
        public var because: [String]
    }

    /// A filter on the dataset, and why it binds the principal or does not.
    public struct RowFilter: Sendable {
        public var name: String
        public var expression: String
        public var because: String
    }

    var dataset: DatasetAddress
    public var visible: Bool
    /// The id of a grant that opens the dataset; `nil` when none does, or ownership does.
    public var grant: String?
    public var because: [String]
    public var columns: [Column]
    public var rowFilters: [RowFilter]
    /// The policy's epoch that was explained.
    public var policyVersion: Int64
}

extension Explanation {
    /// Explains what `principal` sees of dataset `id`, as of the connection's snapshot.
    public static func of(principal: Caller, dataset id: Int64, on connection: Connection) async throws -> Explanation {
        let definition = try await DatasetDefinition.read(id, on: connection)
        let grants = try await HeldGrant.read(subjects: principal.subjectIDs, dataset: id, on: connection)
        let exempt = try await exemptRules(principal.subjectIDs, on: connection)
        let isVisible = !grants.isEmpty
        let columns = definition.columns.map { column in
            explain(column, of: definition, grants: grants, exempt: exempt)
        }
        let filters = definition.filtersInForce.filter { exempt[$0.id] == nil }.map { rule in
            let hangs = rule.tag.map { "on tag \($0)" } ?? "on the dataset"
            let closes = (try? definition.parse(filter: rule.body)) == nil
            return RowFilter(
                name: rule.name, expression: rule.body,
                because: closes ? "\(hangs); it does not fit the dataset's columns, so no row is shown" : hangs)
        }
        return Explanation(
            dataset: definition.address, visible: isVisible, grant: grants.compactMap(\.id).first.map { "\($0)" },
            because: isVisible
                ? grants.map(\.text) : ["no grant of select or manage on the dataset, its domain or the platform"],
            columns: columns, rowFilters: isVisible ? filters : [], policyVersion: principal.policyVersion)
    }

    private static func explain(
        _ column: DatasetDefinition.Column, of definition: DatasetDefinition, grants: [HeldGrant],
        exempt: [Int64: String]
    ) -> Column {
        let granting = grants.filter { $0.columns?.contains(column.id) ?? true }
        guard let first = granting.first else {
            return Column(name: column.name, visible: false, mask: nil, because: ["the column is not granted"])
        }
        var because = [first.text]
        for rule in definition.masks(on: column) {
            let hangs = rule.tag.map { "on tag \($0)" } ?? "on the column"
            guard let exception = exempt[rule.id] else {
                because.append("mask \(rule.name) \(hangs)")
                return Column(name: column.name, visible: true, mask: rule.body, because: because)
            }
            because.append("excepted from mask \(rule.name) \(hangs) as \(exception)")
        }
        return Column(name: column.name, visible: true, mask: nil, because: because)
    }

    /// The rules that do not bind the subjects, each with one subject that is excepted.
    private static func exemptRules(_ subjects: [Int64], on connection: Connection) async throws -> [Int64: String] {
        let rows = try await connection.query(
            """
            SELECT rule_id, min(sluice.subject_address(subject_id)) FROM sluice.rule_exemption
            WHERE subject_id = ANY (\(subjects)) GROUP BY rule_id
            """)
        return try Dictionary(uniqueKeysWithValues: rows.map { try ($0.decode(at: 0), $0.decode(at: 1)) })
    }
}

/// One row of `held_grant` that lets a principal read a dataset.
struct HeldGrant: Sendable {
    var id: Int64?
    var columns: [Int]?
    var text: String

    static func read(subjects: [Int64], dataset: Int64, on connection: Connection) async throws -> [HeldGrant] {
        let rows = try await connection.query(
            """
            SELECT h.grant_id, h.column_ids::bigint[], concat_ws(' ',
                CASE WHEN h.grant_id IS NULL THEN 'ownership:' ELSE 'grant ' || h.grant_id || ':' END, h.privilege, 'on',
                sluice.scope_address(h.scope_id), 'to', sluice.subject_address(h.subject_id),
                'until ' || sluice.rfc3339(h.until))
            FROM sluice.held_grant AS h
            JOIN sluice.dataset AS ds ON ds.id = \(dataset)
            WHERE h.scope_id IN (0, ds.domain_id, ds.id) AND h.subject_id = ANY (\(subjects))
                AND h.privilege IN ('select', 'manage') AND h.until > statement_timestamp()
            ORDER BY h.grant_id
            """)
        return try rows.map { row in
            HeldGrant(
                id: try row.decode(at: 0), columns: try row.decode(at: 1, as: [Int64]?.self)?.map(Int.init),
                text: try row.decode(at: 2))
        }
    }
}

extension Explanation {
    /// The body of the answer.
    public var body: JSONValue {
        [
            "visible": .bool(visible), "grant": grant.map(JSONValue.string) ?? .null,
            "because": .array(because.map(JSONValue.string)),
            "columns": .array(
                columns.map { column in
                    [
                        "name": .string(column.name), "visible": .bool(visible && column.visible),
                        "mask": column.mask?.body ?? .null,
                        "because": .array(column.because.map(JSONValue.string)),
                    ]
                }),
            "rowFilters": .array(
                rowFilters.map { filter in
                    [
                        "name": .string(filter.name), "expression": .string(filter.expression),
                        "because": .string(filter.because),
                    ]
                }),
            "request": smallestRequest ?? .null,
            "policyVersion": .number("\(policyVersion)"),
        ]
    }

    /// How long a suggested request asks for: 30 days.
    private static let suggestedSeconds = 30 * 86_400

    /// The body of `POST /access-requests` that would open what no grant opens, ready to send; `nil` when nothing is
    /// closed that a grant could open (masks and row filters bind whoever holds one, too).
    private var smallestRequest: JSONValue? {
        let closed = columns.filter { !$0.visible }.map(\.name)
        guard !visible || !closed.isEmpty else { return nil }
        var request: JSONObject = [
            "dataset": .string("\(dataset)"), "privilege": .string(Privilege.select.rawValue),
            "reason": .string("To read \(dataset)"),
            "durationSeconds": JSONValue(Self.suggestedSeconds),
        ]
        if visible { request["columns"] = JSONValue(closed) }
        return .object(request)
    }
}
