import Catalog
import Postgres

/// What somebody sees of a dataset: each column's state, and the condition on the rows.
struct EffectiveAccess: Sendable, Equatable {
    enum ColumnAccess: Sendable, Equatable {
        case hidden
        case masked(MaskSpec)
        case clear

        /// Whether it shows more of a value than `other`. Two constants show the same: nothing.
        func showsMore(than other: ColumnAccess) -> Bool {
            switch (self, other) {
            case (.masked(.fixed), .masked(.fixed)): false
            case (.masked(let mine), .masked(let theirs)): theirs < mine
            case (.masked, .hidden), (.clear, .hidden), (.clear, .masked): true
            case (.hidden, _), (_, .clear): false
            }
        }
    }

    /// By name.
    var columns: [String: ColumnAccess]
    /// A condition in SQL on a row called `r`; it says `true` and `false` in so many words when it is one of them.
    var rows: String

    /// Of who may not read the dataset.
    static let none = EffectiveAccess(columns: [:], rows: "false")

    /// The columns that this access shows more of than `other`, sorted.
    func columns(showingMoreThan other: EffectiveAccess) -> [String] {
        columns.filter { name, access in access.showsMore(than: other.columns[name] ?? .hidden) }.keys.sorted()
    }
}

/// All that tells two principals apart in what they see of one dataset: equal cases see the same.
struct DecisionCase: Sendable, Hashable {
    /// Columns of each grant held; one `nil` opens all.
    var granted: Set<Set<Int>?>
    /// The dataset's masks and row filters by which the principal is not bound.
    var exempt: Set<Int64>
    /// The deny rules by which it is.
    var denied: Set<Int64>
    /// Its values of the attributes that the dataset's row filters read.
    var attributes: [String: [String]]
}

/// A dataset's rules, made ready to decide many cases.
struct DatasetRules: Sendable {
    let definition: DatasetDefinition
    private let masks: [(column: DatasetDefinition.Column, rules: [DatasetDefinition.Rule<MaskSpec>])]
    /// `nil`: the filter does not fit the dataset's columns, and shows no row to those it binds.
    private let filters: [(id: Int64, expression: FilterExpression?)]
    private let denials: [(column: DatasetDefinition.Column, rules: Set<Int64>)]
    /// Of the deny rules that close the dataset.
    private let closing: Set<Int64>
    private let ruleIDs: Set<Int64>
    private let attributes: Set<String>

    init(_ definition: DatasetDefinition) {
        self.definition = definition
        masks = definition.columns.map { ($0, definition.masks(on: $0)) }
        filters = definition.filtersInForce.map { ($0.id, try? definition.parse(filter: $0.body)) }
        denials = definition.columns.map { ($0, Set(definition.denials(on: $0).map(\.id))) }
        closing = Set(definition.closingDenials.map(\.id))
        ruleIDs = Set(masks.flatMap { $0.rules.map(\.id) } + filters.map(\.id))
        attributes = filters.reduce(into: []) { $0.formUnion($1.expression?.attributesUsed ?? []) }
    }

    /// The case of a principal, `nil` of one without a grant or whom a deny rule keeps out. `grants` are those on the dataset and what it lies in.
    func `case`(of principal: PolicyState.Principal, _ grants: [PolicyState.Grant], in state: PolicyState)
        -> DecisionCase?
    {
        let held = grants.filter { principal.subjectIDs.contains($0.subjectID) }
        let denied = Set(
            definition.denials.map(\.id).filter { rule in
                guard let subjects = state.denials[rule] else { return false }
                return (subjects.contains(0) || !subjects.isDisjoint(with: principal.subjectIDs))
                    && state.exemptions[rule].map { $0.isDisjoint(with: principal.subjectIDs) } ?? true
            })
        guard !held.isEmpty, denied.isDisjoint(with: closing) else { return nil }
        return DecisionCase(
            granted: held.contains { $0.columnIDs == nil } ? [nil] : Set(held.map(\.columnIDs)),
            exempt: ruleIDs.filter { state.exemptions[$0].map { !$0.isDisjoint(with: principal.subjectIDs) } ?? false },
            denied: denied, attributes: principal.attributes.filter { attributes.contains($0.key) })
    }

    /// What a case comes to: the same as the generated functions and the view decide (`CompiledDataset`).
    func access(in decision: DecisionCase) -> EffectiveAccess {
        var columns: [String: EffectiveAccess.ColumnAccess] = [:]
        for ((column, rules), (_, denials)) in zip(masks, denials) {
            let isGranted = decision.granted.contains { $0?.contains(column.id) ?? true }
            switch rules.first(where: { !decision.exempt.contains($0.id) })?.body {
            case _ where !isGranted || !denials.isDisjoint(with: decision.denied), .nullify?:
                columns[column.name] = .hidden
            case let mask?: columns[column.name] = .masked(mask)
            case nil: columns[column.name] = .clear
            }
        }
        let conditions = filters.filter { !decision.exempt.contains($0.id) }.map { _, expression in
            expression?.sql(
                // Not as the whole row's field: a column may be called `r`, too.
                column: { "r.\(SQL.quoted(identifier: $0))" },
                values: { attribute, type in
                    let values = (decision.attributes[attribute] ?? []).map { SQL.quoted(literal: $0) }
                    return
                        "sluice.typed_values(ARRAY[\(values.joined(separator: ", "))]::pg_catalog.text[], NULL::\(type))"
                }) ?? "false"
        }
        guard !conditions.contains("false") else { return EffectiveAccess(columns: columns, rows: "false") }
        let binding = Set(conditions).subtracting(["true"]).sorted()
        return EffectiveAccess(columns: columns, rows: binding.isEmpty ? "true" : binding.joined(separator: " AND "))
    }
}
