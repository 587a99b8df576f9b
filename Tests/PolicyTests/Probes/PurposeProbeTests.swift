import Access
import TestSupport
import Testing

/// A purpose is a login: no session reaches the purpose of another, nor its own when that has ended.
@Suite(.timeLimit(.minutes(2))) struct PurposeProbeTests {
    private static let emails = "SELECT email FROM desk.cases ORDER BY id"

    private struct Desk {
        var warehouse: Warehouse
        var actor: ReferenceWorld.Principal
        var grant: Int64
        var plain: String
        var acting: String
    }

    /// A masked column that the purpose shows, a principal that may act for it, and both its logins.
    private static func install() async throws -> Desk {
        let warehouse = try await Warehouse.make()
        let actor = ReferenceWorld.Principal(name: "clerk", purpose: "fraud")
        try await warehouse.change { change in
            _ = try await change.putDomain("desk", json("{}"), .none)
            _ = try await change.makeDataset(
                json(
                    """
                    {"domain": "desk", "name": "cases",
                     "columns": [{"name": "id", "type": "integer"}, {"name": "email", "type": "text"}]}
                    """))
            try await change.put(ReferenceWorld.Principal(name: "clerk"))
            _ = try await change.putPurpose("fraud", json("{}"), .none)
            _ = try await change.putMask(
                "m",
                json(#"{"on":"column:desk.cases.email","mask":{"kind":"nullify"},"except":{"purposes":["fraud"]}}"#),
                .none)
            _ = try await change.makeGrant(json(#"{"to":"user:clerk","privilege":"select","on":"domain:desk"}"#))
        }
        let grant = ReferenceWorld.Grant(subject: "user:clerk", privilege: "act", scope: "purpose:fraud")
        var id: Int64 = 0
        try await warehouse.change { id = try await $0.make(grant) }
        try warehouse.superuser().rows(
            "INSERT INTO \(try warehouse.table(of: "desk.cases")) VALUES (1, 'ann@example.org')")
        try await warehouse.act(as: actor)
        return Desk(
            warehouse: warehouse, actor: actor, grant: id, plain: try warehouse.role(of: "clerk"),
            acting: try warehouse.role(of: "clerk", actingFor: "fraud"))
    }

    @Test func noSessionEntersAPurpose() async throws {
        let desk = try await Self.install()
        for statements in [
            ["SET ROLE \(desk.acting)"], ["SET SESSION AUTHORIZATION \(desk.acting)"],
            ["SELECT set_config('role', '\(desk.acting)', false)"],
            ["SELECT set_config('session_authorization', '\(desk.acting)', false)"],
            ["GRANT \(desk.acting) TO \(desk.plain)"], ["SELECT * FROM sluice.purpose"],
            ["UPDATE sluice.subject SET until = 'infinity'"], ["SELECT * FROM sluice.rule_exemption"],
        ] {
            let session = try desk.warehouse.session(as: desk.plain)
            for statement in statements {
                if case .rows(let rows) = session.simple(statement) { Issue.record("\(statement) answered \(rows)") }
            }
            #expect(try session.rows(Self.emails) == [[nil]], "after \(statements)")
        }
        let acting = try desk.warehouse.session(as: desk.acting)
        #expect(try acting.rows(Self.emails) == [["ann@example.org"]])
    }

    @Test func anOpenSessionReadsNothingMoreOnceThePurposeIsTakenBack() async throws {
        let desk = try await Self.install()
        let session = try desk.warehouse.session(as: desk.acting)
        guard case .rows = session.prepare("s", Self.emails), case .rows(let before) = session.execute("s") else {
            Issue.record("the statement cannot be prepared")
            return
        }
        #expect(before == [["ann@example.org"]])
        try await desk.warehouse.change { try await $0.deleteGrant("\(desk.grant)", .none) }
        for answer in [session.execute("s"), session.simple(Self.emails)] {
            guard case .failure(let failure) = answer else {
                Issue.record("answered \(answer)")
                continue
            }
            #expect(failure.sqlState == "42501", "\(failure)")
        }
    }

    @Test func anOpenSessionReadsNothingMoreOnceThePurposeHasEnded() async throws {
        let desk = try await Self.install()
        let session = try desk.warehouse.session(as: desk.acting)
        let superuser = try desk.warehouse.superuser()
        // The end comes by itself; the policy is not changed after the statement was prepared.
        try superuser.rows(
            """
            BEGIN; SELECT sluice.begin_change();
            UPDATE sluice.held_grant SET until = clock_timestamp() + interval '1 s' WHERE grant_id = \(desk.grant);
            SELECT sluice.compile_subjects(ARRAY(SELECT id FROM sluice.principal)); SELECT sluice.finish_change(); COMMIT;
            SELECT sluice.fence((SELECT epoch FROM sluice.policy_epoch))
            """)
        guard case .rows = session.prepare("s", Self.emails) else {
            Issue.record("the statement cannot be prepared")
            return
        }
        while true {
            let answer = session.execute("s")
            let isOver =
                try superuser.rows(
                    "SELECT clock_timestamp() > until FROM sluice.held_grant WHERE grant_id = \(desk.grant)") == [["t"]]
            if case .failure(let failure) = answer {
                #expect(failure.sqlState == "42501", "\(failure)")
                #expect(isOver, "refused before its end")
                break
            }
            #expect(answer == .rows([["ann@example.org"]]))
            if isOver {
                guard case .failure = session.execute("s") else {
                    Issue.record("answered after its end")
                    break
                }
            }
        }
    }
}
