import Catalog

extension PolicyState {
    /// The rules whose exceptions are others in `after`.
    func rulesExcepted(differentlyIn after: PolicyState) -> Set<Int64> {
        Set(exemptions.keys).union(after.exemptions.keys).filter { exemptions[$0] != after.exemptions[$0] }
    }

    /// The datasets about which somebody's decision may be another in `after`, as far as grants, groups and attributes say.
    func datasets(decidedDifferentlyIn after: PolicyState) -> Set<Int64> {
        var scopes = Set(grants.symmetricDifference(after.grants).map(\.scopeID))
        let ids = Set(principals.keys).union(after.principals.keys)
        let changed = ids.filter { principals[$0] != after.principals[$0] }
        if !changed.isEmpty {
            for state in [self, after] {
                let subjects = changed.reduce(into: Set<Int64>()) {
                    $0.formUnion(state.principals[$1]?.subjectIDs ?? [])
                }
                scopes.formUnion(state.grants.filter { subjects.contains($0.subjectID) }.map(\.scopeID))
            }
        }
        let appearing = Set(domains.keys).symmetricDifference(after.domains.keys)
        let all = domains.merging(after.domains) { _, new in new }
        return appearing.union(
            all.filter { dataset, domain in
                scopes.contains(Authority.platform) || scopes.contains(domain) || scopes.contains(dataset)
            }.keys)
    }
}
