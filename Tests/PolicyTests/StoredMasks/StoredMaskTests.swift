import Access
import Catalog
import TestSupport
import Testing

/// The masks whose values are stored beside the columns: right whoever writes, whenever the mask came; and no oracle.
@Suite struct StoredMaskTests {
    private static let columns = #"[{"name":"id","type":"integer"},{"name":"email","type":"text"}]"#

    /// Two datasets, and a reader of both.
    private static func install() async throws -> Warehouse {
        let warehouse = try await Warehouse.make()
        try await warehouse.change { change in
            _ = try await change.putDomain("vault", json("{}"), .none)
            for name in ["t", "u"] {
                _ = try await change.makeDataset(
                    json(#"{"domain":"vault","name":"\#(name)","primaryKey":["id"],"columns":\#(columns)}"#))
            }
            _ = try await change.putPrincipal("reader", json(#"{"kind":"user"}"#), .none)
            _ = try await change.makeGrant(json(#"{"to":"user:reader","privilege":"select","on":"domain:vault"}"#))
        }
        return warehouse
    }

    private static func mask(_ dataset: String, _ mask: String) throws -> (Change) async throws -> Void {
        let body = try json(#"{"on":"column:vault.\#(dataset).email","mask":\#(mask)}"#)
        return { change in _ = try await change.putMask("m_\(dataset)", body, .none) }
    }

    private static func wanted(_ mask: ReferenceMask, _ values: [String]) -> [[String?]] {
        values.map { [mask.masked(.text($0), .text).spelling] }
    }

    @Test(arguments: [
        (#"{"kind":"sha256"}"#, ReferenceMask.sha256), (#"{"kind":"token","domain":"a"}"#, .token(domain: "a")),
    ])
    func rowsBeforeAndAfterTheMaskHaveTheirValues(_ body: String, _ reference: ReferenceMask) async throws {
        let warehouse = try await Self.install()
        let (superuser, table) = (try warehouse.superuser(), try warehouse.table(of: "vault.t"))
        let reader = try warehouse.session(as: warehouse.role(of: "reader"))
        try superuser.rows("INSERT INTO \(table) VALUES (1, 'ann@example.org'), (2, NULL), (3, ''), (4, 'Ünï\u{1}')")
        let put = try Self.mask("t", body)
        _ = try await warehouse.governance.change(
            by: Bootstrap.administrator, requestID: "test", requiresConditions: false, { try await put($0) })
        // Not filled yet.
        #expect(try reader.rows("SELECT count(email) FROM vault.t") == [["0"]])
        try superuser.rows("INSERT INTO \(table) VALUES (5, 'new')")
        while try await warehouse.governance.fillStoredMasks() {}
        try superuser.rows("UPDATE \(table) SET email = 'changed' WHERE id = 1")
        // Whoever writes the column itself does not.
        let stored = try #require(try superuser.rows("SELECT name FROM sluice.stored_mask").first?[0])
        try superuser.rows("UPDATE \(table) SET \(stored) = 'forged' WHERE id = 3")
        let answer = try reader.rows("SELECT email FROM vault.t WHERE id <> 2 ORDER BY id")
        #expect(answer == Self.wanted(reference, ["changed", "", "Ünï\u{1}", "new"]))
        #expect(try reader.rows("SELECT email FROM vault.t WHERE id = 2") == [[nil]])
    }

    @Test func tokensOfOneDomainJoinAndThoseOfTwoDoNot() async throws {
        let warehouse = try await Self.install()
        let superuser = try warehouse.superuser()
        for name in ["t", "u"] {
            let table = try warehouse.table(of: "vault.\(name)")
            try superuser.rows("INSERT INTO \(table) SELECT n, 'mail-' || n FROM generate_series(1, 50) AS n")
        }
        let reader = try warehouse.session(as: warehouse.role(of: "reader"))
        let joined = "SELECT count(*) FROM vault.t JOIN vault.u USING (email) WHERE t.id = u.id"
        for (domain, rows) in [("a", "50"), ("b", "0")] {
            try await warehouse.change(try Self.mask("t", #"{"kind":"token","domain":"a"}"#))
            try await warehouse.change(try Self.mask("u", #"{"kind":"token","domain":"\#(domain)"}"#))
            #expect(try reader.rows(joined) == [[rows]])
        }
    }

    /// What a principal may call does not compute.
    @Test func noFunctionHashesAGuess() async throws {
        let warehouse = try await Self.install()
        try await warehouse.change(try Self.mask("t", #"{"kind":"sha256"}"#))
        let id = try warehouse.table(of: "vault.t").replacing("store.d", with: "")
        let reader = try warehouse.session(as: warehouse.role(of: "reader"))
        #expect(try reader.rows("SELECT sluice.col_\(id)_2('guess', NULL)") == [[nil]])
        #expect(try reader.rows("SELECT sluice.col_\(id)_2('guess', 'own')") == [["own"]])
        for call in ["mask_salt()", "mask_pad(0, 54)", "random_key()", "token_domain_key('a')", "store_masks_\(id)()"] {
            #expect(throws: RawSession.Failure.self, "\(call)") { try reader.rows("SELECT sluice.\(call)") }
        }
        for table in ["sluice.mask_key", "sluice.stored_mask", "store.d\(id)"] {
            #expect(throws: RawSession.Failure.self, "\(table)") { try reader.rows("SELECT * FROM \(table)") }
        }
        #expect(throws: RawSession.Failure.self) { try reader.rows("SELECT sluice_sha256_2 FROM vault.t") }
        // Loads need not know more than readers.
        let ingest = try #require(try warehouse.superuser().rows("SELECT sluice.prepare_ingest(\(id))")[0][0])
        let loader = try warehouse.session(as: ingest)
        for query in ["sluice.mask_salt()", "sluice.mask_pad(0, 54)", "(SELECT key FROM sluice.mask_key LIMIT 1)"] {
            #expect(throws: RawSession.Failure.self, "\(query)") { try loader.rows("SELECT \(query)") }
        }
        // The trigger's plans hold the key. Bytes of constants are printed as signed numbers.
        try loader.rows(
            "SET debug_print_plan = on; SET client_min_messages = log; INSERT INTO store.d\(id) VALUES (1, 'x')")
        let printed = loader.takeNotices()
        #expect(printed.contains("PLANNEDSTMT"))
        let key = ReferenceMask.key(of: nil).prefix(8).map { "\(Int8(bitPattern: $0))" }.joined(separator: " ")
        #expect(!printed.contains(key))
    }

    /// The filling gives way to whoever writes, and comes back; nothing is lost and nothing waits for ever.
    @Test func loadsBesideTheFillingLoseNothing() async throws {
        let warehouse = try await Self.install()
        let (superuser, table) = (try warehouse.superuser(), try warehouse.table(of: "vault.t"))
        try superuser.rows("INSERT INTO \(table) SELECT n, 'mail-' || n FROM generate_series(1, 60000) AS n")
        let put = try Self.mask("t", #"{"kind":"sha256"}"#)
        _ = try await warehouse.governance.change(
            by: Bootstrap.administrator, requestID: "test", requiresConditions: false, { try await put($0) })
        let writer = try warehouse.superuser()
        // Held while all else is filled, and then not written after all.
        try writer.rows("BEGIN; UPDATE \(table) SET email = email || '!' WHERE id % 100 = 0")
        for _ in 0..<200 { _ = try await warehouse.governance.fillStoredMasks() }
        #expect(try superuser.rows("SELECT count(*) FROM sluice.stored_mask WHERE next_block IS NOT NULL") == [["1"]])
        try writer.rows(
            "ROLLBACK; DELETE FROM \(table) WHERE id % 7 = 0; UPDATE \(table) SET email = 'x' WHERE id % 11 = 0")
        while try await warehouse.governance.fillStoredMasks() {}
        let salt = "(SELECT key FROM sluice.mask_key WHERE id = 0)"
        let wrong = """
            SELECT count(*) FROM \(table)
            WHERE sluice_sha256_2 IS DISTINCT FROM encode(sha256(\(salt) || convert_to(email, 'UTF8')), 'hex')
            """
        #expect(try superuser.rows(wrong) == [["0"]])
        #expect(try superuser.rows("SELECT count(*) FROM sluice.stored_mask WHERE next_block IS NOT NULL") == [["0"]])
    }

    /// Columns and trigger come and go with the masks that read them, and with the columns they mask.
    @Test func whatNoMaskReadsGoes() async throws {
        let warehouse = try await Self.install()
        let superuser = try warehouse.superuser()
        let address = try #require(DatasetAddress("vault.t"))
        func there() throws -> [String] {
            try superuser.rows(
                """
                SELECT attname FROM pg_attribute WHERE attrelid = '\(warehouse.table(of: "vault.t"))'::regclass
                    AND NOT attisdropped AND attname LIKE 'sluice%'
                UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'sluice%'
                UNION ALL SELECT name FROM sluice.stored_mask
                UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'store_masks_%'
                """
            ).compactMap { $0[0] }
        }
        try await warehouse.change(try Self.mask("t", #"{"kind":"sha256"}"#))
        #expect(try there().count == 4)
        try await warehouse.change(try Self.mask("t", #"{"kind":"token","domain":"a"}"#))
        #expect(try there().filter { $0.contains("sha256") } == [])
        #expect(try there().count == 4)
        try await warehouse.change { change in try await change.deleteMask("m_t", .none) }
        #expect(try there() == [])
        try await warehouse.change { change in
            _ = try await change.putTag("secret", json("{}"), .none)
            _ = try await change.putMask("m", json(#"{"on":"tag:secret","mask":{"kind":"sha256"}}"#), .none)
            _ = try await change.putColumnTags(
                try #require(ColumnAddress("vault.t.email")), json(#"["secret"]"#), .none)
        }
        #expect(try there().count == 4)
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
        try await warehouse.change { change in
            _ = try await change.patchDataset(address, json(#"{"columns":[{"name":"id","type":"integer"}]}"#), .none)
        }
        #expect(try there() == [])
        try superuser.rows("INSERT INTO \(warehouse.table(of: "vault.t")) VALUES (1)")
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
        try await warehouse.change { change in
            _ = try await change.patchDataset(
                address,
                json(#"{"columns":[{"name":"id","type":"integer"},{"name":"mail","type":"text","tags":["secret"]}]}"#),
                .none)
        }
        #expect(try there().count == 4)
        try await warehouse.change { change in try await change.deleteDataset(address, .none) }
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
    }

    @Test(arguments: [
        "ALTER TABLE {t} DISABLE TRIGGER ALL", "DROP TRIGGER sluice_stored_masks ON {t}",
        "CREATE OR REPLACE FUNCTION {f}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER later BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "GRANT EXECUTE ON FUNCTION sluice.mask_salt() TO sluice_reader",
        "GRANT SELECT ON sluice.mask_key TO sluice_ingest",
    ]) func anAlteredTriggerIsDrift(_ alteration: String) async throws {
        let warehouse = try await Self.install()
        try await warehouse.change(try Self.mask("t", #"{"kind":"sha256"}"#))
        let (superuser, table) = (try warehouse.superuser(), try warehouse.table(of: "vault.t"))
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") == [])
        let function = table.replacing("store.d", with: "sluice.store_masks_")
        try superuser.rows(
            "BEGIN; \(alteration.replacing("{t}", with: table).replacing("{f}", with: function))")
        #expect(try superuser.rows("SELECT * FROM sluice.drift()") != [])
    }
}
