import Catalog

/// One dataset before and after a change: who sees it differently, with the rows still to be counted.
struct AccessComparison: Sendable {
    struct Case: Sendable {
        var principal: PolicyState.Principal
        var before: EffectiveAccess
        var after: EffectiveAccess

        var rows: RowDifferences.Pair { RowDifferences.Pair(before: before.rows, after: after.rows) }
    }

    var datasetID: Int64
    var address: DatasetAddress
    /// Whether there is a table with rows to count: not of a dataset that only the change would make.
    var hasRows: Bool
    /// Columns that only the change would add.
    var newColumns: [DatasetDefinition.Column]
    var cases: [Case]

    /// - Parameters:
    ///   - before: `nil` of a dataset that the change would make.
    ///   - after: `nil` of one that it would delete.
    init?(
        _ datasetID: Int64, before: DatasetRules?, _ oldState: PolicyState, after: DatasetRules?,
        _ newState: PolicyState
    ) {
        guard let definition = (before ?? after)?.definition else { return nil }
        self.datasetID = datasetID
        address = definition.address
        hasRows = before != nil
        newColumns =
            after?.definition.columns.filter { column in
                !(before?.definition.columns.contains { $0.name == column.name } ?? false)
            } ?? []
        var old = Decided(before, oldState, dataset: datasetID)
        var new = Decided(after, newState, dataset: datasetID)
        let principals = oldState.principals.merging(newState.principals) { _, new in new }.values
        cases = principals.compactMap { principal in
            let found = Case(
                principal: principal, before: old.access(of: principal.actor), after: new.access(of: principal.actor))
            return found.before == found.after ? nil : found
        }.sorted { ($0.principal.name, $0.principal.purpose ?? "") < ($1.principal.name, $1.principal.purpose ?? "") }
    }
}

/// The decisions of one state about one dataset; equal cases are decided once.
private struct Decided {
    private let rules: DatasetRules?
    private let state: PolicyState
    /// Of the platform, the dataset's domain and itself.
    private let grants: [PolicyState.Grant]
    private var known: [DecisionCase: EffectiveAccess] = [:]

    init(_ rules: DatasetRules?, _ state: PolicyState, dataset: Int64) {
        self.rules = rules
        self.state = state
        let scopes = [Authority.platform, dataset, state.domains[dataset] ?? dataset]
        grants = state.grants.filter { scopes.contains($0.scopeID) }
    }

    /// Who may not act for the purpose here acts for none.
    mutating func access(of actor: PolicyState.Actor) -> EffectiveAccess {
        guard let rules,
            let principal = state.principals[actor]
                ?? state.principals[PolicyState.Actor(principal: actor.principal, purpose: nil)],
            let decision = rules.case(of: principal, grants, in: state)
        else { return .none }
        if let access = known[decision] { return access }
        let access = rules.access(in: decision)
        known[decision] = access
        return access
    }
}
