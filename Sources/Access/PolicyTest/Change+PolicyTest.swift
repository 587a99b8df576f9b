public import Catalog
public import JSON
import Postgres
public import SQLSyntax

extension Change {
    /// How many policy tests there may be: all of them run before an apply commits.
    public static let maxPolicyTests: Int64 = 1000

    /// `PUT /policy-tests/{name}`: needs `manage` on the platform, since what a principal reads is told by tests, too.
    ///
    /// - Parameter nextRun: The first time of a schedule after a moment, in seconds since 1970; throws what is wrong with it.
    public func putPolicyTest(
        _ name: String, _ body: JSONValue, _ precondition: Precondition,
        nextRun: (ScheduleSpec, _ after: Int64) throws -> Int64?
    ) async throws -> Outcome {
        try requirePlatform()
        try ObjectName.check(name, at: "/name")
        guard name != "run" else {
            throw Refusal.invalid(.reservedName, at: "/name", "is reserved: POST /policy-tests/run runs them")
        }
        let input = try Refusal.reading(body) { PolicyTestInput(&$0) }
        let statement: ReadingStatement
        do throws(SQLSyntaxError) { statement = try ReadingStatement(checking: input.query) } catch {
            throw Refusal(reading: error, at: "/query")
        }
        guard statement.parameterCount == 0 else {
            throw Refusal.invalid(at: "/query", "has parameters: write values in their places")
        }
        return try await put(.policyTest, at: name, precondition, isPolicy: true) { before in
            if before == nil { try await requireRoomForPolicyTest() }
            let principal = try await principalID(named: input.principal, at: "/as")
            var purpose: Int64?
            if let name = input.purpose { purpose = try await purposeID(named: name, at: "/purpose") }
            try await check(input.expectation)
            let now: Int64 = try await connection.query(
                "SELECT floor(extract(epoch FROM clock_timestamp()))::bigint")[0].decode(at: 0)
            let due = try input.schedule.flatMap { try nextRun($0, now) }
            try await connection.execute(
                """
                INSERT INTO sluice.policy_test
                    (name, description, principal_id, purpose_id, query, expect, not_before_apply, schedule, due_at)
                VALUES (\(name), \(input.description), \(principal), \(purpose), \(input.query),
                    \(input.expectation.body.text)::jsonb, \(ConfinedStatement.obstacle(in: statement)),
                    \(input.schedule?.json.text)::json, to_timestamp(\(due)::bigint))
                ON CONFLICT ON CONSTRAINT policy_test_name_key DO UPDATE
                SET description = excluded.description, principal_id = excluded.principal_id,
                    purpose_id = excluded.purpose_id, query = excluded.query, expect = excluded.expect,
                    not_before_apply = excluded.not_before_apply, schedule = excluded.schedule, due_at = excluded.due_at,
                    version = policy_test.version + 1, updated_at = now()
                """)
        }
    }

    /// `DELETE /policy-tests/{name}`.
    public func deletePolicyTest(_ name: String, _ precondition: Precondition) async throws {
        try requirePlatform()
        try await delete(.policyTest, at: name, precondition, isPolicy: true) { before in
            try await connection.execute("DELETE FROM sluice.policy_test WHERE id = \(before.id)")
        }
    }

    private func requireRoomForPolicyTest() async throws {
        let count: Int64 = try await connection.query("SELECT count(*) FROM sluice.policy_test")[0].decode(at: 0)
        guard count < Self.maxPolicyTests else {
            throw Refusal(
                .conflict, "there are \(count) policy tests, the most there may be", hint: "Delete one first.")
        }
    }

    /// Whether Postgres reads the pattern.
    private func check(_ expectation: PolicyTestExpectation) async throws {
        guard case .matches(_, let pattern) = expectation else { return }
        try await connection.execute("SAVEPOINT pattern")
        do throws(PostgresError) {
            _ = try await connection.query("SELECT '' ~ \(pattern)")
        } catch {
            guard error.sqlState == "2201B" else { throw error }
            try await connection.execute("ROLLBACK TO SAVEPOINT pattern")
            throw Refusal.invalid(at: "/expect/matches", "is no regular expression of Postgres: \(error.message)")
        }
        try await connection.execute("RELEASE SAVEPOINT pattern")
    }
}

extension Refusal {
    /// Why a text is no reading statement.
    ///
    /// - Parameter pointer: Where the text stands in a body with other fields.
    public init(reading error: SQLSyntaxError, at pointer: String? = nil) {
        let isSyntax = error.code == .syntax
        self.init(
            isSyntax ? .invalidSQL : .notARead, error.message,
            hint: isSyntax ? nil : "Send one SELECT, VALUES or TABLE statement.",
            errors: pointer.map { [JSONFieldError(pointer: $0, detail: error.message)] } ?? [],
            sqlState: isSyntax ? "42601" : nil, position: error.position)
    }
}
