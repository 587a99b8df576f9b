import Catalog
import Postgres

/// Who holds what at one moment: all that decides about access besides the datasets' own definitions.
struct PolicyState: Sendable, Equatable {
    /// A principal, acting for a purpose or for none.
    struct Actor: Sendable, Hashable {
        var principal: Int64
        var purpose: Int64?

        init(principal: Int64, purpose: Int64? = nil) {
            self.principal = principal
            self.purpose = purpose
        }
    }

    struct Principal: Sendable, Equatable {
        var actor: Actor
        var name: String
        /// What it acts for; `nil`: for no purpose.
        var purpose: String?
        /// Every id under which a grant or a rule may name it: its own, its groups', and the purpose's.
        var subjectIDs: Set<Int64>
        var attributes: [String: [String]]
    }

    /// A grant in force that lets its subject read.
    struct Grant: Sendable, Hashable {
        var subjectID: Int64
        /// The platform, a domain or a dataset.
        var scopeID: Int64
        /// `nil`: every column.
        var columnIDs: Set<Int>?
    }

    /// Each principal for no purpose, and once more for each purpose for which it may act.
    var principals: [Actor: Principal] = [:]
    var grants: Set<Grant> = []
    /// Whom a rule does not bind now, by the rule's id.
    var exemptions: [Int64: Set<Int64>] = [:]
    /// Whom a deny rule is for, by its id; 0 is everybody.
    var denials: [Int64: Set<Int64>] = [:]
    /// Each dataset's domain.
    var domains: [Int64: Int64] = [:]
    var groupNames: [Int64: String] = [:]
}

extension PolicyState {
    /// Reads the compiled tables, from which the decision functions answer, as of the connection's transaction.
    static func read(on connection: Connection) async throws -> PolicyState {
        var state = PolicyState()
        var attributes: [Int64: [String: [String]]] = [:]
        for row in try await connection.query(
            "SELECT principal_id, name, \"values\" FROM sluice.principal_attribute")
        {
            try attributes[row.decode(at: 0), default: [:]][row.decode(at: 1)] = row.decode(at: 2)
        }
        // Whether there is a login for a purpose yet does not matter.
        for row in try await connection.query(
            """
            SELECT p.id, p.name, s.ids, NULL::bigint, NULL FROM sluice.principal AS p
            JOIN sluice.subject AS s ON s.role_name = p.role_name
            UNION ALL
            SELECT p.id, p.name, s.ids || u.id, u.id, u.name FROM sluice.principal AS p
            JOIN sluice.subject AS s ON s.role_name = p.role_name
            JOIN sluice.purpose AS u ON EXISTS (
                SELECT FROM sluice.held_grant AS h
                WHERE h.scope_id = u.id AND h.privilege = 'act' AND h.subject_id = ANY (s.ids)
                    AND h.until > statement_timestamp())
            """)
        {
            let actor = Actor(principal: try row.decode(at: 0), purpose: try row.decode(at: 3))
            state.principals[actor] = Principal(
                actor: actor, name: try row.decode(at: 1), purpose: try row.decode(at: 4),
                subjectIDs: Set(try row.decode(at: 2, as: [Int64].self)),
                attributes: attributes[actor.principal] ?? [:])
        }
        for row in try await connection.query(
            """
            SELECT subject_id, scope_id, column_ids::bigint[] FROM sluice.held_grant
            WHERE privilege IN ('select', 'manage') AND until > statement_timestamp()
            """)
        {
            state.grants.insert(
                Grant(
                    subjectID: try row.decode(at: 0), scopeID: try row.decode(at: 1),
                    columnIDs: try row.decode(at: 2, as: [Int64]?.self).map { Set($0.map(Int.init)) }))
        }
        for row in try await connection.query(
            "SELECT rule_id, subject_id FROM sluice.rule_exemption WHERE until > statement_timestamp()")
        {
            try state.exemptions[row.decode(at: 0), default: []].insert(row.decode(at: 1))
        }
        for row in try await connection.query("SELECT rule_id, subject_id FROM sluice.rule_subject") {
            try state.denials[row.decode(at: 0), default: []].insert(row.decode(at: 1))
        }
        for row in try await connection.query("SELECT id, domain_id FROM sluice.dataset") {
            try state.domains[row.decode(at: 0)] = row.decode(at: 1)
        }
        for row in try await connection.query("SELECT id, name FROM sluice.principal_group") {
            try state.groupNames[row.decode(at: 0)] = row.decode(at: 1)
        }
        return state
    }
}
