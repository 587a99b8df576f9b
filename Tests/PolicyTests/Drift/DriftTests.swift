import Access
import Catalog
import Store
import Synchronization
import Testing

/// Every object that enforces, altered by hand, is named by the drift check; put back, it is silent again.
@Suite struct DriftTests {
    /// Each in a transaction of its own that is rolled back: the check sees what the transaction did.
    @Test func everyAlterationIsNamed() async throws {
        let warehouse = try await Self.install()
        let superuser = try warehouse.superuser()
        let role = try warehouse.role(of: "drifter")
        let id = try warehouse.table(of: "drift.t").replacing("store.d", with: "")
        let ingest = try #require(try superuser.rows("SELECT role_name FROM sluice.ingest_role")[0][0])
        func filled(_ text: String) -> String {
            text.replacing("{d}", with: id).replacing("{role}", with: role).replacing("{ingest}", with: ingest)
                .replacing("{database}", with: warehouse.database)
        }
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
        for alteration in Alteration.all {
            try superuser.rows("BEGIN; \(filled(alteration.alter))")
            let found = try superuser.rows("SELECT object || ': ' || problem FROM sluice.drift()").compactMap { $0[0] }
            try superuser.rows("ROLLBACK; RESET ROLE")
            #expect(found.contains { $0.contains(filled(alteration.object)) }, "\(alteration.name): \(found)")
        }
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
    }

    /// One principal must not shut the surfaces for all.
    @Test func whatAPrincipalMakesOfItsOwnRoleIsSetBackAndNoDrift() async throws {
        let warehouse = try await Self.install()
        let superuser = try warehouse.superuser()
        let role = try warehouse.role(of: "drifter")
        let settings = "SELECT setdatabase, setconfig FROM pg_db_role_setting WHERE setrole = '\(role)'::regrole"
        let made = try superuser.rows(settings)
        let session = try warehouse.session(as: role)
        for statement in [
            "SET default_transaction_read_only = off", "ALTER ROLE \(role) SET statement_timeout = 0",
            "ALTER ROLE \(role) SET role = 'postgres'", "ALTER ROLE \(role) RESET default_transaction_read_only",
            "ALTER ROLE \(role) IN DATABASE \(warehouse.database) SET search_path = public",
        ] {
            try session.rows(statement)
        }
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
        let mended = try await warehouse.sessions.withServerSession { try await LoginRole.mendSettings(on: $0) }
        #expect(mended == [role])
        #expect(try superuser.rows(settings) == made)
        let again = try await warehouse.sessions.withServerSession { try await LoginRole.mendSettings(on: $0) }
        #expect(again == [])
    }

    @Test func ordinaryChangesAreNoDrift() async throws {
        let warehouse = try await Self.install()
        let superuser = try warehouse.superuser()
        let dataset = try #require(DatasetAddress("drift.t"))
        try await warehouse.change { change in
            _ = try await change.putTag("contact", json("{}"), .none)
            _ = try await change.putColumnTags(
                try #require(ColumnAddress("drift.t.id")), json(#"["contact"]"#), .none)
            _ = try await change.putMask("m2", json(#"{"on":"tag:contact","mask":{"kind":"round","to":10}}"#), .none)
            try await change.deleteMask("m", .none)
        }
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
        try await warehouse.change { change in
            try await change.deleteMask("m2", .none)
            try await change.deleteRowFilter("f", .none)
            try await change.deleteDataset(dataset, .none)
            try await change.deletePrincipal("drifter", .none)
        }
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
    }

    @Test func changesBesideTheCheckAreNoDrift() async throws {
        let warehouse = try await Self.install()
        let integrity = Integrity(sessions: warehouse.sessions)
        let isOver = Atomic(false)
        let changes = Task {
            defer { isOver.store(true, ordering: .releasing) }
            for number in 1...60 {
                let kind = number % 2 == 0 ? "email" : "nullify"
                try await warehouse.change { change in
                    _ = try await change.putMask(
                        "m", json(#"{"on":"column:drift.t.email","mask":{"kind":"\#(kind)"}}"#), .none)
                }
            }
        }
        while !isOver.load(ordering: .acquiring) { #expect(try await integrity.check() == []) }
        try await changes.value
        #expect(integrity.isIntact)
    }

    private static func install() async throws -> Warehouse {
        let warehouse = try await Warehouse.make()
        try await warehouse.change { change in
            _ = try await change.putDomain("drift", json("{}"), .none)
            _ = try await change.makeDataset(
                json(
                    #"{"domain":"drift","name":"t","columns":[{"name":"id","type":"integer"},{"name":"email","type":"text"}]}"#
                ))
            _ = try await change.putMask(
                "m", json(#"{"on":"column:drift.t.email","mask":{"kind":"email"}}"#), .none)
            _ = try await change.putRowFilter("f", json(#"{"on":"dataset:drift.t","expression":"id < 5"}"#), .none)
            _ = try await change.putPrincipal("drifter", json(#"{"kind":"user"}"#), .none)
            _ = try await change.makeGrant(json(#"{"to":"user:drifter","privilege":"select","on":"dataset:drift.t"}"#))
        }
        // As for a load that upserts.
        let id = try warehouse.table(of: "drift.t").replacing("store.d", with: "")
        try warehouse.superuser().rows(
            "SELECT sluice.prepare_ingest(\(id)); SELECT sluice.take_stage(\(id), 1, 1, 'load', 'f')")
        return warehouse
    }
}
