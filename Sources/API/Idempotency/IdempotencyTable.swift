import Cryptography
import Postgres
import Store

/// The requests with a key of the last 24 hours: `sluice.idempotency` in `control`.
struct IdempotencyTable: Sendable {
    let sessions: Sessions

    /// How often a running request says that it lives. One that has not for five times as long died with its server.
    static let renewal = Duration.seconds(60)

    /// How often a key is asked for that others take and give up at the same time.
    private static let attempts = 4

    /// A key taken for the request that runs under it.
    struct Claim: Sendable {
        var principal: String
        var row: String
        /// What `request_hash` is until the request has ended. Random, so that a request whose claim ran out and was
        /// taken over does not end the other's.
        var mark: String
    }

    enum Outcome: Sendable {
        case claimed(Claim)
        /// The first request with the key has not ended.
        case running(RequestFingerprint)
        case answered(RequestFingerprint, StoredAnswer)
    }

    func claim(_ key: IdempotencyKey, for principal: String, _ request: RequestFingerprint) async throws -> Outcome {
        let mark = "\(request.text)/\(Hex.encode(try SecureRandom.bytes(16)))"
        let claim = Claim(principal: principal, row: key.row, mark: mark)
        return try await sessions.withServerSession(.control) { connection in
            try await Self.removeExpired(on: connection)
            for _ in 0..<Self.attempts {
                let taken = try await connection.query(
                    """
                    INSERT INTO sluice.idempotency AS i (principal, key, request_hash)
                    VALUES (\(principal), \(key.row), \(mark))
                    ON CONFLICT (principal, key) DO UPDATE
                    SET request_hash = excluded.request_hash, status = NULL, fields = NULL, body = NULL, created_at = now()
                    WHERE i.created_at
                        < now() - CASE WHEN i.status IS NULL THEN interval '5 minutes' ELSE interval '24 hours' END
                    RETURNING 1
                    """)
                if !taken.isEmpty { return .claimed(claim) }
                // Nothing is found when the other request gave its key up in between.
                if let other = try await Self.read(key, of: principal, on: connection) { return other }
            }
            return .running(request)
        }
    }

    private static func read(
        _ key: IdempotencyKey, of principal: String, on connection: Connection
    ) async throws -> Outcome? {
        let rows = try await connection.query(
            """
            SELECT request_hash, status, fields::text, encode(body, 'hex') FROM sluice.idempotency
            WHERE principal = \(principal) AND key = \(key.row)
            """)
        guard let row = rows.first else { return nil }
        let text = try row.decode(at: 0, as: String.self).split(separator: "/")[0]
        guard let request = RequestFingerprint(String(text)) else { return nil }
        guard try row.decode(at: 1, as: Int?.self) != nil else { return .running(request) }
        return .answered(request, try StoredAnswer(row, at: 1))
    }

    /// Says that the claim's request still runs.
    func renew(_ claim: Claim) async throws {
        try await execute(
            "UPDATE sluice.idempotency SET created_at = now() WHERE \(raw: condition(claim))")
    }

    /// Ends the claim with an answer that holds for 24 hours.
    func complete(_ claim: Claim, _ request: RequestFingerprint, _ answer: StoredAnswer) async throws {
        try await execute(
            """
            UPDATE sluice.idempotency SET request_hash = \(request.text), status = \(answer.status),
                fields = \(answer.fieldsText)::json, body = decode(\(answer.bodyText), 'hex'), created_at = now()
            WHERE \(raw: condition(claim))
            """)
    }

    /// Ends the claim without an answer: the next request with the key is the first again.
    func release(_ claim: Claim) async throws {
        try await execute("DELETE FROM sluice.idempotency WHERE \(raw: condition(claim))")
    }

    private func condition(_ claim: Claim) -> SQL {
        "principal = \(claim.principal) AND key = \(claim.row) AND request_hash = \(claim.mark)"
    }

    private func execute(_ sql: SQL) async throws {
        _ = try await sessions.withServerSession(.control) { try await $0.execute(sql) }
    }

    /// Each claim removes more rows than it makes, so the table holds a day's.
    private static func removeExpired(on connection: Connection) async throws {
        try await connection.execute(
            """
            DELETE FROM sluice.idempotency WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM sluice.idempotency WHERE created_at < now() - interval '24 hours'
                LIMIT 20 FOR UPDATE SKIP LOCKED))
            """)
    }
}
