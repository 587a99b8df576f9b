import Access
import Testing

/// What failure-cases call "reading what one may not", tried over direct sessions of a principal's role: refused, or
/// answered without any protected value, existence or count.
@Suite struct ProbeTests {
    /// Rows of the visible dataset that the principal may see, and all; the same of the hidden one.
    private static let (shown, stored, hidden) = (2, 1337, 4242)

    @Test func noProbeReadsWhatItMayNot() async throws {
        let warehouse = try await Self.install()
        let role = try warehouse.role(of: "prober")
        let other = try warehouse.role(of: "other")
        let visible = try warehouse.table(of: "probe.visible").replacing("store.d", with: "")
        let hidden = try warehouse.table(of: "probe.hidden").replacing("store.d", with: "")
        let names = Probe.all.map(\.name)
        #expect(Set(names).count == names.count)
        for probe in Probe.all {
            let session = try warehouse.session(as: role)
            var last = RawSession.Answer.rows([])
            var said = ""
            let clear = "CANARY-mail-2@example.org"
            for statement in probe.statements {
                let text = statement.replacing("{visible}", with: visible).replacing("{hidden}", with: hidden)
                    .replacing("{self}", with: role).replacing("{other}", with: other)
                    .replacing("{clear}", with: clear)
                last = session.simple(text)
                said += "\(last)".replacing(text, with: "") + session.takeNotices().replacing(text, with: "")
            }
            // What a statement names itself, its plan repeats.
            let isNamed = probe.statements.contains { $0.contains("{clear}") }
            check(probe, last, isNamed ? said.replacing(clear, with: "") : said)
        }
        #expect(try warehouse.superuser().rows("SELECT * FROM sluice.drift()") == [])
    }

    private func check(_ probe: Probe, _ last: RawSession.Answer, _ said: String) {
        switch (probe.outcome, last) {
        case (.fails, .rows(let rows)):
            Issue.record("\(probe.name): answered \(rows.prefix(3))")
        case (.fails(let states), .failure(let failure)):
            #expect(states.isEmpty || states.contains(failure.sqlState), "\(probe.name): \(failure)")
        case (.harmless, _): break
        }
        var protected = [
            "CANARY-mail", "CANARY-ssn", "CANARY-hidden", "CANARY-note-hidden", "\(Self.stored)", "\(Self.hidden)",
        ]
        protected.append("\(Self.stored - Self.shown)")
        if !probe.showsPlan { protected.append("CANARY-policy") }
        for canary in protected where said.contains(canary) {
            Issue.record("\(probe.name): shows \(canary): \(said.prefix(600))")
        }
    }

    /// Settings that a client sends when it connects.
    @Test(arguments: [
        ("role", ["options": "-c role=postgres"]), ("the owner as role", ["options": "-c role=sluice_owner"]),
        ("session_authorization", ["options": "-c session_authorization=postgres"]),
        ("replication", ["replication": "database"]), ("physical replication", ["replication": "true"]),
        ("a superuser's setting", ["options": "-c log_statement=all"]),
        ("another library", ["options": "-c session_preload_libraries=auto_explain"]),
    ]) func noStartUpParameterGivesMore(_ probe: (name: String, keywords: [String: String])) async throws {
        let warehouse = try await Self.install()
        let role = try warehouse.role(of: "prober")
        guard let session = try? warehouse.session(as: role, probe.keywords) else { return }
        // Replication is refused with its first command at the latest.
        let answers = [session.simple("SELECT * FROM probe.hidden"), session.simple("IDENTIFY_SYSTEM")]
        for answer in answers {
            if case .rows(let rows) = answer { Issue.record("\(probe.name): \(rows)") }
        }
    }

    /// In another database nothing of the policy holds: PUBLIC's functions are all there.
    @Test func aPrincipalEntersNoOtherDatabase() async throws {
        let warehouse = try await Self.install()
        let role = try warehouse.role(of: "prober")
        for database in ["postgres", "template0", "template1"] {
            do {
                _ = try warehouse.session(as: role, database: database)
                Issue.record("\(role) entered \(database)")
            } catch let failure as RawSession.Failure {
                #expect("\(failure)".contains(database), "\(failure)")
            }
        }
    }

    @Test func neitherTimeZoneNorDateStyleMovesAFilter() async throws {
        let warehouse = try await Warehouse.make()
        try await warehouse.change { change in
            _ = try await change.putDomain("zone", json("{}"), .none)
            _ = try await change.makeDataset(
                json(
                    """
                    {"domain": "zone", "name": "t", "columns": [
                        {"name": "id", "type": "integer"}, {"name": "at", "type": "timestamp with time zone"}]}
                    """))
            _ = try await change.putPrincipal(
                "traveller",
                json(
                    #"{"kind":"user","attributes":{"at":["2024-05-01 00:00:00","02/01/2024","now","today","2024-05-03 00:00 CET"]}}"#
                ),
                .none)
            _ = try await change.putRowFilter(
                "z", json(#"{"on":"dataset:zone.t","expression":"at = ANY(user.at)"}"#), .none)
            _ = try await change.makeGrant(json(#"{"to":"user:traveller","privilege":"select","on":"dataset:zone.t"}"#))
        }
        let table = try warehouse.table(of: "zone.t")
        try warehouse.superuser().rows(
            """
            SET timezone = 'UTC';
            INSERT INTO \(table) VALUES (1, '2024-05-01 00:00'), (2, '2024-04-30 22:00'), (3, '2024-05-01 10:00'),
                (4, '2024-01-02 00:00'), (5, '2024-02-01 00:00'), (6, '2024-05-02 23:00'), (7, current_date)
            """)
        let session = try warehouse.session(as: warehouse.role(of: "traveller"))
        for zone in ["UTC", "Europe/Vienna", "-10", "Asia/Tokyo"] {
            for style in ["ISO, MDY", "ISO, DMY", "German"] {
                let answer = try session.rows(
                    "SET timezone = '\(zone)'; SET datestyle = '\(style)'; SELECT id FROM zone.t")
                #expect(answer == [["1"]], "\(zone), \(style)")
            }
        }
    }

    /// The policy of the visible dataset: two rows of 1,337, the mail masked, one column not granted.
    private static func install() async throws -> Warehouse {
        let warehouse = try await Warehouse.make()
        try await warehouse.change { change in
            _ = try await change.putDomain("probe", json("{}"), .none)
            for name in ["visible", "hidden"] {
                _ = try await change.makeDataset(
                    json(
                        """
                        {"domain": "probe", "name": "\(name)", "primaryKey": ["id"], "columns": [
                            {"name": "id", "type": "integer"}, {"name": "region", "type": "text"},
                            {"name": "email", "type": "text"}, {"name": "ssn", "type": "text"},
                            {"name": "amount", "type": "integer"}, {"name": "note", "type": "text"}]}
                        """))
            }
            for name in ["prober", "other"] {
                _ = try await change.putPrincipal(name, json(#"{"kind":"user","attributes":{"region":["EU"]}}"#), .none)
            }
            _ = try await change.putMask(
                "m", json(#"{"on":"column:probe.visible.email","mask":{"kind":"fixed","value":"masked"}}"#), .none)
            _ = try await change.putRowFilter(
                "f",
                json(
                    #"{"on":"dataset:probe.visible","expression":"region = ANY(user.region) AND note <> 'CANARY-policy'"}"#
                ),
                .none)
            _ = try await change.makeGrant(
                json(
                    """
                    {"to": "user:prober", "privilege": "select", "on": "dataset:probe.visible",
                     "columns": ["id", "region", "email", "amount", "note"]}
                    """))
            _ = try await change.makeGrant(json(#"{"to":"user:other","privilege":"select","on":"domain:probe"}"#))
        }
        let superuser = try warehouse.superuser()
        for (name, count) in [("visible", stored), ("hidden", hidden)] {
            let table = try warehouse.table(of: "probe.\(name)")
            try superuser.rows(
                """
                INSERT INTO \(table)
                SELECT n + 5000, CASE WHEN n <= \(name == "visible" ? shown : 0) THEN 'EU' ELSE 'CANARY-hidden-region' END,
                    'CANARY-mail-' || n || '@example.org', 'CANARY-ssn-' || n, n + 75,
                    CASE WHEN n <= \(shown) THEN 'plain' ELSE 'CANARY-note-hidden' END
                FROM generate_series(1, \(count)) AS n;
                ANALYZE \(table)
                """)
        }
        return warehouse
    }
}
