import Access
import Testing

/// A statement whose planning lasts longer than a change of policy, held open on purpose: each outcome is of one version.
@Suite struct PlanningTests {
    /// Committed, but the fence has to wait: what the statement's own plan says is all there is.
    @Test func aStatementPlannedAcrossAChangeMixesNoVersions() async throws {
        let warehouse = try await Warehouse.make()
        try await warehouse.change { change in
            _ = try await change.putDomain("plan", json("{}"), .none)
            _ = try await change.makeDataset(
                json(
                    #"{"domain":"plan","name":"t","columns":[{"name":"id","type":"integer"},{"name":"email","type":"text"}]}"#
                ))
            _ = try await change.putPrincipal("reader", json(#"{"kind":"user"}"#), .none)
            _ = try await change.makeGrant(json(#"{"to":"user:reader","privilege":"select","on":"dataset:plan.t"}"#))
            // Governed from here on, so that no later change has to replace the view.
            _ = try await change.putMask("m", json(#"{"on":"column:plan.t.email","mask":{"kind":"nullify"}}"#), .none)
            try await change.deleteMask("m", .none)
            _ = try await change.putRowFilter("f", json(#"{"on":"dataset:plan.t","expression":"id < 3"}"#), .none)
        }
        let superuser = try warehouse.superuser()
        try superuser.rows(
            "INSERT INTO \(warehouse.table(of: "plan.t")) SELECT n, 'clear-' || n FROM generate_series(1, 9) AS n")
        let role = try warehouse.role(of: "reader")
        // Sees the columns as they were, then thinks for about a second, then reads row security as it is.
        let slow = """
            SELECT id, email FROM plan.t
            WHERE length(md5(repeat('x', 250000000)) || sinh(0.5)::text || cosh(0.5)::text) > 0
            """
        let blocker = try warehouse.superuser()
        try blocker.rows("BEGIN; LOCK TABLE sluice.fence_lock IN ACCESS EXCLUSIVE MODE")
        async let answer = onThread { try warehouse.session(as: role).simple(slow) }
        while try superuser.rows("SELECT 1 FROM pg_stat_activity WHERE usename = '\(role)' AND query LIKE '%sinh%'")
            .isEmpty
        {
            await Task.yield()
        }
        // Two rows in clear before; nine rows masked after. Its fence waits for the lock.
        async let changed = warehouse.change { change in
            try await change.deleteRowFilter("f", .none)
            _ = try await change.putMask("m", json(#"{"on":"column:plan.t.email","mask":{"kind":"nullify"}}"#), .none)
        }
        let before = [["1", "clear-1"], ["2", "clear-2"]]
        switch try await answer {
        case .rows(let rows):
            #expect(rows == before || rows.allSatisfy { $0[1] == nil }, "\(rows)")
        case .failure(let failure):
            #expect(failure.sqlState == "40001", "\(failure)")
        }
        try blocker.rows("COMMIT")
        _ = try await changed
        let after = try warehouse.session(as: role).rows("SELECT count(*), count(email) FROM plan.t")
        #expect(after == [["9", "0"]])
    }
}
