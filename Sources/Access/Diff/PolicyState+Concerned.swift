import Catalog

extension PolicyState {
    /// The rules that somebody may be bound by in one state and not in the other: those whose subjects or exceptions are
    /// others in `after`, and those that name a purpose for which somebody acts in one state alone.
    func rulesBinding(differentlyIn after: PolicyState) -> Set<Int64> {
        let rules = Set(exemptions.keys).union(after.exemptions.keys).union(denials.keys).union(after.denials.keys)
        let purposes = Set(appearing(in: after).compactMap(\.purpose))
        func named(_ rule: Int64, in state: PolicyState) -> Set<Int64> {
            (state.exemptions[rule] ?? []).union(state.denials[rule] ?? [])
        }
        return rules.filter { rule in
            exemptions[rule] != after.exemptions[rule] || denials[rule] != after.denials[rule]
                || !purposes.isDisjoint(with: named(rule, in: self).union(named(rule, in: after)))
        }
    }

    /// Who is there in one of the states only.
    private func appearing(in after: PolicyState) -> Set<Actor> {
        Set(principals.keys).symmetricDifference(after.principals.keys)
    }

    /// The datasets about which somebody's decision may be another in `after`, as far as grants, groups and attributes say.
    func datasets(decidedDifferentlyIn after: PolicyState) -> Set<Int64> {
        var scopes = Set(grants.symmetricDifference(after.grants).map(\.scopeID))
        let appearing = appearing(in: after)
        var subjects: Set<Int64> = []
        for actor in Set(principals.keys).union(after.principals.keys)
        where principals[actor] != after.principals[actor] {
            if let purpose = actor.purpose, appearing.contains(actor) {
                // Who may act for a purpose gains or loses what is granted to it, beside what it holds anyhow.
                subjects.insert(purpose)
            } else {
                subjects.formUnion(principals[actor]?.subjectIDs ?? [])
                subjects.formUnion(after.principals[actor]?.subjectIDs ?? [])
            }
        }
        for state in [self, after] {
            scopes.formUnion(state.grants.filter { subjects.contains($0.subjectID) }.map(\.scopeID))
        }
        let made = Set(domains.keys).symmetricDifference(after.domains.keys)
        let all = domains.merging(after.domains) { _, new in new }
        return made.union(
            all.filter { dataset, domain in
                scopes.contains(Authority.platform) || scopes.contains(domain) || scopes.contains(dataset)
            }.keys)
    }
}
