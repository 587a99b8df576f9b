internal import Catalog
public import Postgres
import Store

extension Governance {
    /// The caller as it acts for the purpose called `name`, with the login for it, which is made the first time.
    ///
    /// Acting for a purpose is another login role, so nothing that is set within a session changes it. A login decides
    /// nothing about others: the policy version stays.
    ///
    /// - Throws: `purpose_not_granted` without a grant in force to act for it, whether or not there is such a purpose.
    public func acting(_ caller: Caller, for name: String) async throws -> Caller {
        let found = try await sessions.withServerSession { connection in
            try await Caller.read(named: caller.name, actingFor: name, on: connection)
        }
        if let found { return found }
        // Without the lock of changes, which is not for everybody's asking.
        try await sessions.withServerSession { connection in
            guard try await Self.mayAct(caller.principalID, for: name, on: connection) else {
                throw Refusal.notGranted(name, to: caller.name)
            }
        }
        return try await sessions.withServerSession { connection in
            try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.begin_change()")
                // Read in its turn: two requests may come at once.
                if let found = try await Caller.read(named: caller.name, actingFor: name, on: connection) {
                    return found
                }
                if try await Self.mayAct(caller.principalID, for: name, on: connection) {
                    try await Self.makeLogin(of: caller.principalID, for: name, on: connection)
                }
                guard let made = try await Caller.read(named: caller.name, actingFor: name, on: connection) else {
                    throw Refusal.notGranted(name, to: caller.name)
                }
                return made
            }
        }
    }

    static func mayAct(_ principal: Int64, for purpose: String, on connection: Connection) async throws -> Bool {
        let rows = try await connection.query(
            """
            SELECT FROM sluice.principal AS p
            JOIN sluice.subject AS s ON s.role_name = p.role_name
            JOIN sluice.purpose AS u ON u.name = \(purpose)
            JOIN sluice.held_grant AS h ON h.scope_id = u.id AND h.privilege = 'act' AND h.subject_id = ANY (s.ids)
            WHERE p.id = \(principal) AND h.until > statement_timestamp()
            """)
        return !rows.isEmpty
    }

    /// Makes the login of a principal that may act for the purpose.
    static func makeLogin(of principal: Int64, for purpose: String, on connection: Connection) async throws {
        let rows = try await connection.query(
            """
            SELECT p.role_name || '_' || u.id, u.id
            FROM sluice.principal AS p JOIN sluice.purpose AS u ON u.name = \(purpose)
            WHERE p.id = \(principal)
                AND NOT EXISTS (SELECT FROM sluice.subject AS a WHERE a.principal_id = p.id AND a.purpose_id = u.id)
            """)
        guard let row = rows.first else { return }
        let (role, purposeID): (String, Int64) = (try row.decode(at: 0), try row.decode(at: 1))
        try await LoginRole.make(role, on: connection)
        try await connection.execute(
            """
            INSERT INTO sluice.subject (role_name, principal_id, purpose_id, ids)
            VALUES (\(role), \(principal), \(purposeID), '{}')
            """)
        try await connection.execute("SELECT sluice.compile_subjects(\([principal]))")
        try await connection.execute("SELECT sluice.sync_readers(\([principal]))")
    }
}

extension Refusal {
    /// Says the same of a purpose that there is not.
    static func notGranted(_ purpose: String, to principal: String) -> Refusal {
        Refusal(
            .purposeNotGranted, "\(principal) may not act for the purpose \(purpose)",
            hint: "A manager of the platform grants the privilege act on purpose:\(purpose).")
    }
}

extension Caller {
    /// What the principal would be acting for the purpose, whether or not it has a login for it yet.
    public func asIfActing(for purpose: String, on connection: Connection) async throws -> Caller {
        guard try await Governance.mayAct(principalID, for: purpose, on: connection) else {
            throw Refusal.notGranted(purpose, to: name)
        }
        let rows = try await connection.query("SELECT id FROM sluice.purpose WHERE name = \(purpose)")
        return Caller(
            principalID: principalID, name: name, actingFor: purpose, role: role,
            subjectIDs: subjectIDs + (try rows.map { try $0.decode(at: 0) }), authority: authority,
            policyVersion: policyVersion, validFor: validFor)
    }
}
