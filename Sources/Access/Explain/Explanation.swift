internal import Catalog
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
        /// All rules on the column, those that decide nothing too.
        var rules: [RuleOutcome] = []
        var isGranted: Bool
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
    /// The rules on the dataset as a whole: row filters, and deny rules that close it.
    var rules: [RuleOutcome]
    var isGranted: Bool
    /// The policy's epoch that was explained.
    public var policyVersion: Int64
}

extension Explanation {
    /// Explains what `principal` sees of dataset `id`, as of the connection's snapshot.
    public static func of(principal: Caller, dataset id: Int64, on connection: Connection) async throws -> Explanation {
        let definition = try await DatasetDefinition.read(id, on: connection)
        let grants = try await HeldGrant.read(subjects: principal.subjectIDs, dataset: id, on: connection)
        let bindings = try await RuleBindings.read(of: principal.subjectIDs, on: connection)
        let unfilled = try await unfilledMasks(of: id, on: connection)
        let closing = definition.closingDenials.map { rule in
            RuleOutcome(
                kind: .deny, name: rule.name, tag: definition.borneTag(of: rule),
                outcome: bindings.outcome(ofDenial: rule.id))
        }
        let columns = definition.columns.map { column in
            explain(column, of: definition, grants: grants, bindings, unfilled: unfilled)
        }
        let filters = definition.filtersInForce.map { rule in
            let outcome = RuleOutcome(
                kind: .rowFilter, name: rule.name, tag: definition.borneTag(of: rule),
                outcome: bindings.exempt[rule.id] == nil ? .inForce : .excepted)
            let closes = (try? definition.parse(filter: rule.body)) == nil
            let hangs = outcome.hangs(orOn: "dataset")
            let filter = RowFilter(
                name: rule.name, expression: rule.body,
                because: closes ? "\(hangs); it does not fit the dataset's columns, so no row is shown" : hangs)
            return (filter, outcome)
        }
        let closed = closing.filter { $0.outcome == .inForce }
        let isVisible = !grants.isEmpty && closed.isEmpty
        var because = grants.map(\.text)
        if grants.isEmpty { because = ["no grant of select or manage on the dataset, its domain or the platform"] }
        because += closed.map { "deny rule \($0.name) \($0.hangs(orOn: "dataset or its domain"))" }
        return Explanation(
            dataset: definition.address, visible: isVisible, grant: grants.compactMap(\.id).first.map { "\($0)" },
            because: because, columns: columns,
            rowFilters: isVisible ? filters.filter { $0.1.outcome == .inForce }.map(\.0) : [],
            rules: closing + filters.map(\.1), isGranted: !grants.isEmpty, policyVersion: principal.policyVersion)
    }

    private static func explain(
        _ column: DatasetDefinition.Column, of definition: DatasetDefinition, grants: [HeldGrant],
        _ bindings: RuleBindings, unfilled: [String: Int64]
    ) -> Column {
        let granting = grants.first { $0.columns?.contains(column.id) ?? true }
        var because = [granting?.text ?? "the column is not granted"]
        var rules: [RuleOutcome] = []
        var isDenied = false
        for rule in definition.denials(on: column) {
            let outcome = RuleOutcome(
                kind: .deny, name: rule.name, tag: column.borneTag(of: rule.tag),
                outcome: bindings.outcome(ofDenial: rule.id))
            rules.append(outcome)
            guard outcome.outcome == .inForce else { continue }
            isDenied = true
            because.append("deny rule \(rule.name) \(outcome.hangs(orOn: "column"))")
        }
        var mask: MaskSpec?
        for rule in definition.masks(on: column) {
            var outcome = RuleOutcome(
                kind: .mask, name: rule.name, tag: column.borneTag(of: rule.tag), outcome: .loses)
            let hangs = outcome.hangs(orOn: "column")
            if let exception = bindings.exempt[rule.id] {
                outcome.outcome = .excepted
                if mask == nil { because.append("excepted from mask \(rule.name) \(hangs) as \(exception)") }
            } else if mask == nil, !isDenied {
                outcome.outcome = .inForce
                mask = rule.body
                because.append("mask \(rule.name) \(hangs)")
                let stored = rule.body.stored(on: column.id, tokenKeys: definition.tokenKeys)
                if let rows = stored.flatMap({ unfilled[$0.name] }) {
                    because.append("its values are being filled in, \(rows) rows so far; the others read as NULL")
                }
            }
            rules.append(outcome)
        }
        let isVisible = granting != nil && !isDenied
        return Column(
            name: column.name, visible: isVisible, mask: isVisible ? mask : nil,
            because: granting == nil ? Array(because.prefix(1)) : because, rules: rules, isGranted: granting != nil)
    }

    /// The stored masks of which not every row has its value yet, with how many have got theirs.
    private static func unfilledMasks(of id: Int64, on connection: Connection) async throws -> [String: Int64] {
        let rows = try await connection.query(
            """
            SELECT name, filled FROM sluice.stored_mask
            WHERE dataset_id = \(id) AND next_block IS NOT NULL
            """)
        return try Dictionary(uniqueKeysWithValues: rows.map { try ($0.decode(at: 0), $0.decode(at: 1)) })
    }
}

extension DatasetDefinition {
    /// The tag of dataset or columns that brings the rule here; `nil` for a rule on no tag.
    fileprivate func borneTag<Body>(of rule: Rule<Body>) -> (rule: String, borne: BorneTag)? {
        columns.lazy.compactMap { $0.borneTag(of: rule.tag) }.first
    }
}

extension DatasetDefinition.Column {
    fileprivate func borneTag(of rule: String?) -> (rule: String, borne: BorneTag)? {
        guard let rule, let borne = tags.first(where: { $0.isCovered(by: rule) }) else { return nil }
        return (rule, borne)
    }
}
