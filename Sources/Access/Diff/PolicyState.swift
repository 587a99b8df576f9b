import Catalog
import Postgres

/// Who holds what at one moment: all that decides about access besides the datasets' own definitions.
struct PolicyState: Sendable, Equatable {
    struct Principal: Sendable, Equatable {
        var id: Int64
        var name: String
        /// Every id under which a grant or a rule may name it: its own and its groups'.
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

    /// By id.
    var principals: [Int64: Principal] = [:]
    var grants: Set<Grant> = []
    /// Whom a mask or a row filter does not bind, by the rule's id.
    var exemptions: [Int64: Set<Int64>] = [:]
    /// Each dataset's domain.
    var domains: [Int64: Int64] = [:]
    var groupNames: [Int64: String] = [:]
}

extension PolicyState {
    /// Reads the compiled tables, from which the decision functions answer, as of the connection's transaction.
    static func read(on connection: Connection) async throws -> PolicyState {
        var state = PolicyState()
        for row in try await connection.query(
            """
            SELECT p.id, p.name, s.ids FROM sluice.principal AS p JOIN sluice.subject AS s ON s.role_name = p.role_name
            """)
        {
            let id: Int64 = try row.decode(at: 0)
            state.principals[id] = Principal(
                id: id, name: try row.decode(at: 1), subjectIDs: Set(try row.decode(at: 2, as: [Int64].self)),
                attributes: [:])
        }
        for row in try await connection.query(
            "SELECT principal_id, name, \"values\" FROM sluice.principal_attribute")
        {
            try state.principals[row.decode(at: 0)]?.attributes[row.decode(at: 1)] = row.decode(at: 2)
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
        for row in try await connection.query("SELECT rule_id, subject_id FROM sluice.rule_exemption") {
            try state.exemptions[row.decode(at: 0), default: []].insert(row.decode(at: 1))
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
