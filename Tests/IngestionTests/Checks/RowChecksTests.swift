import Catalog
import Ingestion
import JSON
import Testing

@Suite struct RowChecksTests {
    /// Whether a value of a type passes a rule: `nil` when the rule does not fit the type.
    private func passes(_ rule: CheckSpec.Rule, _ type: String, _ value: String) async throws -> Bool? {
        let plan = RecordPlan(
            target: try columns("v \(type)"), declared: try declared("v \(type)"),
            checks: [CheckSpec(name: "check", columns: ["v"], rule: rule)])
        let quoted = "\"" + value.replacing("\"", with: "\"\"") + "\"\n"
        do {
            let outcome = try await load(quoted, plan) { $0.header = false }
            #expect(outcome.counts.read == 1)
            if let row = outcome.quarantined.first { #expect(row.rule == "check" && row.column == "v", "\(row)") }
            return outcome.quarantined.isEmpty
        } catch let failure as SourceFailure {
            #expect(failure.code == .invalidCheck)
            return nil
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var rule: CheckSpec.Rule
        var type: String
        var value: String
        var passes: Bool?
        var testDescription: String { "\(value) of \(type), \(rule)" }

        init(_ rule: CheckSpec.Rule, _ type: String, _ value: String, _ passes: Bool?) {
            (self.rule, self.type, self.value, self.passes) = (rule, type, value, passes)
        }
    }

    @Test(arguments: [
        Case(.matches("^[A-Z]{3}$"), "text", "VIE", true), Case(.matches("^[A-Z]{3}$"), "text", "VIE\n", false),
        Case(.matches("^[A-Z]{3}$"), "text", "xVIE", false), Case(.matches("[A-Z]{3}"), "text", "xVIEx", true),
        Case(.matches("^.$"), "text", "é", true), Case(.matches("^\\p{Lu}$"), "text", "É", true),
        Case(.matches("^$"), "text", "", true), Case(.matches("^\\d+$"), "bigint", "12", true),
        Case(.matches("("), "text", "x", nil),
        // Backtracks beyond every limit.
        Case(.matches("^(a+)+$"), "text", String(repeating: "a", count: 40) + "b", false),
        Case(.range(min: 0, max: 10), "bigint", "10", true), Case(.range(min: 0, max: 10), "bigint", "11", false),
        Case(.range(min: .number("9007199254740993"), max: nil), "bigint", "9007199254740992", false),
        Case(.range(min: nil, max: .string("9223372036854775807")), "bigint", "9223372036854775807", true),
        Case(.range(min: 0.5, max: nil), "bigint", "1", nil),
        Case(.range(min: "x", max: nil), "date", "2026-01-01", nil),
        Case(.range(min: .number("0.1"), max: .number("0.30")), "numeric", "0.3", true),
        Case(.range(min: .number("0.1"), max: .number("0.30")), "numeric", "0.300000000000000000000001", false),
        Case(.range(min: .number("-5"), max: .number("1e30")), "numeric", "-5.000", true),
        Case(.range(min: .number("-5"), max: .number("1e30")), "numeric", "-5.0000000000000000000000001", false),
        Case(.range(min: nil, max: .number("1e30")), "numeric", "1000000000000000000000000000001", false),
        Case(.range(min: nil, max: .number("1")), "numeric", "NaN", false),
        Case(.range(min: .number("0"), max: .number("1")), "double precision", "1e-3", true),
        Case(.range(min: nil, max: .number("1")), "double precision", "Infinity", false),
        Case(.range(min: "2026-01-31", max: "2026-12-01"), "date", "2026-02-01", true),
        Case(.range(min: "2026-01-31", max: nil), "date", "0044-03-15 BC", false),
        Case(.range(min: nil, max: "2026-01-01T00:00:00Z"), "timestamptz", "2026-01-01T00:30:00+01:00", true),
        Case(.range(min: nil, max: "2026-01-01T00:00:00Z"), "timestamptz", "2025-12-31 23:30:00-01", false),
        Case(.range(min: "2026-01-01 00:00", max: nil), "timestamp", "2025-12-31 23:59:59.999999", false),
        Case(.range(min: "09:00", max: "17:00"), "time", "17:00:00.000001", false),
        Case(.range(min: "b", max: "d"), "text", "caa", true), Case(.range(min: "b", max: "d"), "text", "da", false),
        Case(.range(min: 1, max: 2), "jsonb", "1", nil), Case(.range(min: 1, max: 2), "int[]", "{1}", nil),
        Case(.in(["a", "b"]), "text", "b", true), Case(.in(["a", "b"]), "text", "ab", false),
        Case(.in([1, 2, 3]), "bigint", "+02", true), Case(.in([1, 2, 3]), "bigint", "4", false),
        Case(.in([1.5, 2]), "numeric", "1.50", true), Case(.in([true]), "boolean", "yes", true),
        Case(.in([true]), "boolean", "off", false), Case(.in(["on"]), "boolean", "on", true),
        Case(.in(["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]), "uuid", "a0eebc999c0b4ef8bb6d6bb9bd380a11", true),
        Case(.notNull, "text", "", true),
    ])
    func rules(_ row: Case) async throws {
        #expect(try await passes(row.rule, row.type, row.value) == row.passes)
    }

    @Test func nullPassesAllButNotNull() async throws {
        let rules: [CheckSpec.Rule] = [.matches("^x$"), .unique, .range(min: "x", max: nil), .in(["x"]), .notNull]
        for (index, rule) in rules.enumerated() {
            let plan = RecordPlan(
                target: try columns("v text", "w text"), checks: [CheckSpec(name: "check", columns: ["v"], rule: rule)])
            let outcome = try await load("v,w\n,1\n,2\n", plan)
            #expect(outcome.counts.quarantined == (index == 4 ? 2 : 0))
            let json = try await load("{\"w\":\"1\"}\n{\"v\":null}\n", plan) { $0.format = .ndjson }
            #expect(json.counts.quarantined == (index == 4 ? 2 : 0))
        }
    }

    @Test func theStrictestOutcomeCounts() async throws {
        func outcome(_ policies: CheckSpec.OnFailure...) async throws -> RecordCounts {
            let checks = policies.enumerated().map { index, policy in
                CheckSpec(name: "c\(index)", columns: ["v"], rule: .in(["x"]), onFailure: policy)
            }
            return try await load("v\nx\ny\n", RecordPlan(target: try columns("v text"), checks: checks)).counts
        }
        let warned = try await outcome(.warn, .warn)
        #expect(warned.accepted == 2 && warned.warned == 1 && warned.failedChecks == ["c0": 1, "c1": 1])
        let dropped = try await outcome(.warn, .drop)
        #expect(dropped.accepted == 1 && dropped.dropped == 1 && dropped.warned == 0 && dropped.quarantined == 0)
        #expect(try await outcome(.drop, .quarantine).quarantined == 1)
        await #expect(throws: SourceFailure.self) { try await outcome(.quarantine, .fail) }
    }

    @Test func aFailingCheckSaysWhereAndQuotesNothing() async throws {
        let plan = RecordPlan(
            target: try columns("v text"),
            checks: [CheckSpec(name: "known", columns: ["v"], rule: .in(["x"]), onFailure: .fail)])
        let failure = try await failure(Array("v\nx\nsecret\n".utf8), plan)
        #expect(failure?.code == .checkFailed && failure?.line == 3)
        #expect(failure?.detail == "rows, line 3, column \"v\": is none of the values allowed (known)")
    }

    @Test func uniqueCountsAcceptedRowsAndEqualValues() async throws {
        var plan = RecordPlan(
            target: try columns("id numeric", "v text"),
            checks: [
                CheckSpec(name: "small", columns: ["v"], rule: .matches("^[a-z]$")),
                CheckSpec(name: "unique", columns: ["id"], rule: .unique),
            ])
        let text = "id,v\n1,X\n1,a\n1.0,b\n2,a\n-0,a\n0.00,a\n,a\n,a\n"
        #expect(try await load(text, plan).faults == ["small@2+5:v", "unique@4+13:id", "unique@7+28:id"])
        plan.checks = [CheckSpec(name: "pair", columns: ["id", "v"], rule: .unique)]
        #expect(try await load("id,v\n1,a\n1,b\n01,a\n", plan).faults == ["pair@4+13"])
    }

    @Test func uniqueRefusesWhatItCannotRemember() async throws {
        var limits = DecodingLimits.ingest
        limits.maxUniqueBytes = 1 << 15
        let plan = RecordPlan(
            target: try columns("id int"), checks: [CheckSpec(name: "unique", columns: ["id"], rule: .unique)])
        func rows(_ count: Int) -> [UInt8] { Array(("id\n" + (1...count).map { "\($0)\n" }.joined()).utf8) }
        #expect(try await failure(rows(1500), plan, limits: limits) == nil)
        #expect(try await failure(rows(1600), plan, limits: limits)?.code == .limitExceeded)
    }

    @Test func checksOnUnknownColumnsAreRefused() async throws {
        let plan = RecordPlan(
            target: try columns("a int"), checks: [CheckSpec(name: "c", columns: ["b"], rule: .notNull)])
        #expect(try await failure(Array("a\n".utf8), plan)?.detail == "check c is on column b, which does not exist")
    }
}
