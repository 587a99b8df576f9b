import Testing

@testable import Access

@Suite struct PolicyStateTests {
    private static let ann = PolicyState.Actor(principal: 100)
    private static let bob = PolicyState.Actor(principal: 101)

    /// Two domains, 1 with the datasets 10 and 11, 2 with 20; principal 100 in group 500, principal 101 in none.
    private static let state = PolicyState(
        principals: [
            ann: PolicyState.Principal(
                actor: ann, name: "ann", subjectIDs: [100, 500], attributes: ["region": ["EU"]]),
            bob: PolicyState.Principal(actor: bob, name: "bob", subjectIDs: [101], attributes: [:]),
        ],
        grants: [PolicyState.Grant(subjectID: 500, scopeID: 1), PolicyState.Grant(subjectID: 101, scopeID: 20)],
        exemptions: [70: [500]], domains: [10: 1, 11: 1, 20: 2], groupNames: [500: "clerks"])

    private func concerned(_ change: (inout PolicyState) -> Void) -> Set<Int64> {
        var after = Self.state
        change(&after)
        return Self.state.datasets(decidedDifferentlyIn: after)
    }

    @Test func aGrantConcernsWhatItLiesOn() {
        #expect(concerned { _ in } == [])
        #expect(concerned { $0.grants.insert(PolicyState.Grant(subjectID: 101, scopeID: 10)) } == [10])
        #expect(concerned { $0.grants.insert(PolicyState.Grant(subjectID: 101, scopeID: 2)) } == [20])
        #expect(concerned { $0.grants.insert(PolicyState.Grant(subjectID: 101, scopeID: 0)) } == [10, 11, 20])
        #expect(concerned { $0.grants.remove(PolicyState.Grant(subjectID: 101, scopeID: 20)) } == [20])
    }

    @Test func aPrincipalConcernsWhatItReadsBeforeOrAfter() {
        #expect(concerned { $0.principals[Self.ann]?.attributes = [:] } == [10, 11])
        #expect(concerned { $0.principals[Self.bob]?.subjectIDs.insert(500) } == [10, 11, 20])
        #expect(concerned { $0.principals[Self.bob] = nil } == [20])
    }

    @Test func datasetsThatComeAndGoAreConcerned() {
        #expect(concerned { $0.domains[21] = 2 } == [21])
        #expect(concerned { $0.domains[10] = nil } == [10])
    }

    @Test func whoMayActForAPurposeConcernsWhatIsGrantedToIt() {
        let acting = PolicyState.Actor(principal: 101, purpose: 900)
        var after = Self.state
        after.principals[acting] = PolicyState.Principal(
            actor: acting, name: "bob", purpose: "fraud", subjectIDs: [101, 900], attributes: [:])
        #expect(Self.state.datasets(decidedDifferentlyIn: after) == [], "what bob holds anyhow is as before")
        after.grants.insert(PolicyState.Grant(subjectID: 900, scopeID: 11))
        #expect(Self.state.datasets(decidedDifferentlyIn: after) == [11])
        after.exemptions[72] = [900]
        #expect(after.rulesBinding(differentlyIn: after) == [])
        #expect(Self.state.rulesBinding(differentlyIn: after) == [72])
    }

    @Test func exceptionsAndSubjectsConcernTheirRules() {
        var after = Self.state
        after.exemptions = [70: [500], 71: [101]]
        #expect(Self.state.rulesBinding(differentlyIn: after) == [71])
        after.exemptions = [:]
        #expect(Self.state.rulesBinding(differentlyIn: after) == [70])
        after.denials = [80: [0]]
        #expect(Self.state.rulesBinding(differentlyIn: after) == [70, 80])
    }
}
