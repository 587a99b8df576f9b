import Catalog
import Testing

@testable import Access

@Suite struct EffectiveAccessTests {
    private static let dataset = DatasetDefinition(
        id: 1000, address: DatasetAddress(domain: "shop", name: "orders"), readerRole: "r",
        columns: [
            DatasetDefinition.Column(id: 1, name: "id", type: ColumnType(.integer), governed: false, tags: []),
            DatasetDefinition.Column(
                id: 2, name: "email", type: ColumnType(.text), governed: true, tags: [BorneTag("pii.email")]),
            DatasetDefinition.Column(id: 3, name: "region", type: ColumnType(.text), governed: false, tags: []),
        ],
        masks: [
            DatasetDefinition.Rule(id: 50, name: "emails", tag: "pii", body: .email),
            DatasetDefinition.Rule(id: 51, name: "nothing", columnID: 2, body: .nullify),
        ],
        filters: [
            DatasetDefinition.Rule(id: 60, name: "regions", body: "region = ANY(user.region)"),
            DatasetDefinition.Rule(id: 61, name: "broken", tag: "pii", body: "country = 'AT'"),
        ], denials: [DatasetDefinition.Rule(id: 70, name: "closed", columnID: 3, body: ())], hasColumnGrants: true)
    private let rules = DatasetRules(dataset)

    private func access(
        _ granted: Set<Set<Int>?>, exempt: Set<Int64>, denied: Set<Int64> = [], _ attributes: [String: [String]] = [:]
    ) -> EffectiveAccess {
        rules.access(in: DecisionCase(granted: granted, exempt: exempt, denied: denied, attributes: attributes))
    }

    @Test func theStrictestMaskThatBindsDecides() {
        #expect(access([nil], exempt: []).columns["email"] == .hidden, "nullify shows nothing")
        #expect(access([nil], exempt: [51]).columns["email"] == .masked(.email))
        #expect(access([nil], exempt: [50, 51]).columns["email"] == .clear)
    }

    @Test func aColumnNeedsAGrant() {
        let columns = access([[1], [3]], exempt: [50, 51]).columns
        #expect(columns == ["id": .clear, "email": .hidden, "region": .clear])
    }

    @Test func aDenyRuleHidesItsColumn() {
        #expect(access([nil], exempt: [50, 51], denied: [70]).columns["region"] == .hidden)
        #expect(access([nil], exempt: [50, 51], denied: []).columns["region"] == .clear)
    }

    @Test func aDenyRuleBindsWhomItIsForUnlessExcepted() {
        var state = PolicyState()
        let grants = [PolicyState.Grant(subjectID: 7, scopeID: 1000)]
        func denied(for subjects: Set<Int64>?, exempt: Set<Int64> = []) -> Set<Int64>? {
            state.denials = subjects.map { [70: $0] } ?? [:]
            state.exemptions = [70: exempt]
            let principal = PolicyState.Principal(
                actor: PolicyState.Actor(principal: 7), name: "p", subjectIDs: [7, 9], attributes: [:])
            return rules.case(of: principal, grants, in: state)?.denied
        }
        #expect(denied(for: [0]) == [70])
        #expect(denied(for: [9]) == [70])
        #expect(denied(for: [8]) == [])
        #expect(denied(for: [0], exempt: [9]) == [])
    }

    @Test func aFilterThatDoesNotFitShowsNoRow() {
        #expect(access([nil], exempt: [60]).rows == "false")
        #expect(access([nil], exempt: [60, 61]).rows == "true")
    }

    @Test func attributesAreLiterals() {
        let rows = access([nil], exempt: [61], ["region": ["EU", "it's"]]).rows
        #expect(
            rows == "(r.\"region\" OPERATOR(pg_catalog.=) ANY (sluice.typed_values(ARRAY['EU', 'it''s']"
                + "::pg_catalog.text[], NULL::pg_catalog.text)))")
    }

    @Test func principalsWithEqualCasesAreDecidedOnce() {
        var state = PolicyState()
        let grants = [
            PolicyState.Grant(subjectID: 9, scopeID: 1000),
            PolicyState.Grant(subjectID: 8, scopeID: 1000, columnIDs: [1]),
        ]
        state.exemptions = [50: [9], 99: [7]]
        func principal(_ subjects: Set<Int64>, _ attributes: [String: [String]]) -> PolicyState.Principal {
            PolicyState.Principal(
                actor: PolicyState.Actor(principal: 7), name: "p", subjectIDs: subjects, attributes: attributes)
        }
        let first = rules.case(of: principal([7, 9], ["region": ["EU"], "level": ["1"]]), grants, in: state)
        let second = rules.case(of: principal([6, 8, 9], ["region": ["EU"]]), grants, in: state)
        #expect(first == DecisionCase(granted: [nil], exempt: [50], denied: [], attributes: ["region": ["EU"]]))
        #expect(first == second, "other groups, and attributes that no filter reads, tell nothing apart")
        #expect(rules.case(of: principal([7], [:]), grants, in: state) == nil)
    }

    @Test(arguments: [
        (EffectiveAccess.ColumnAccess.clear, EffectiveAccess.ColumnAccess.hidden, true),
        (.clear, .masked(.email), true),
        (.masked(.email), .hidden, true), (.masked(.email), .masked(.alphanum), true),
        (.masked(.showLast(count: 4)), .masked(.showLast(count: 2)), true), (.hidden, .hidden, false),
        (.clear, .clear, false), (.masked(.alphanum), .masked(.email), false), (.hidden, .masked(.email), false),
        (.masked(.fixed(value: "b")), .masked(.fixed(value: "a")), false), (.masked(.email), .masked(.email), false),
    ])
    func showingMore(_ this: EffectiveAccess.ColumnAccess, _ other: EffectiveAccess.ColumnAccess, _ showsMore: Bool) {
        #expect(this.showsMore(than: other) == showsMore)
    }
}
