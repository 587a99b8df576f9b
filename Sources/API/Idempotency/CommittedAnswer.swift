import Access
import HTTPServer
import JSON
import Postgres
import Store

/// Keeps the answer to a request with an `Idempotency-Key` in the very transaction that it tells of
/// (`sluice.committed_answer` in `warehouse`).
///
/// `control` learns of the answer after the commit only. If the server dies in between, or another one takes the key
/// over meanwhile, the row here says what happened: the change was made, and this is its answer.
struct CommittedAnswer: Sendable {
    let key: IdempotencyKey
    let principal: String
    let fingerprint: RequestFingerprint
    let body: WitnessedBody

    /// Of the request that this task answers; `nil` without a key.
    @TaskLocal static var current: CommittedAnswer?

    /// Another request with the key has committed: this one must not.
    struct Exists: Error {}

    /// Writes `response` beside what it tells of; waits for another transaction that is about to do so.
    func write(_ response: Response, on connection: Connection) async throws {
        guard let answer = try StoredAnswer(response, key) else { return }
        var request = fingerprint
        request.body = await body.read(key)
        // Each answer removes more rows than it makes, so the table holds a day's.
        try await connection.execute(
            """
            DELETE FROM sluice.committed_answer WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM sluice.committed_answer WHERE created_at < now() - interval '24 hours'
                LIMIT 20 FOR UPDATE SKIP LOCKED))
            """)
        let written = try await connection.query(
            """
            INSERT INTO sluice.committed_answer AS a (principal, key, request, status, fields, body)
            VALUES (\(principal), \(key.row), \(request.text), \(answer.status), \(answer.fieldsText)::json,
                decode(\(answer.bodyText), 'hex'))
            ON CONFLICT (principal, key) DO UPDATE
            SET request = excluded.request, status = excluded.status, fields = excluded.fields, body = excluded.body,
                created_at = now()
            WHERE a.created_at < now() - interval '24 hours'
            RETURNING 1
            """)
        guard !written.isEmpty else { throw Exists() }
    }

    /// The answer that committed under a key within 24 hours, and to what.
    static func read(
        _ key: IdempotencyKey, of principal: String, in sessions: Sessions
    ) async throws -> (RequestFingerprint, StoredAnswer)? {
        let rows = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT request, status, fields::text, encode(body, 'hex') FROM sluice.committed_answer
                WHERE principal = \(principal) AND key = \(key.row) AND created_at > now() - interval '24 hours'
                """)
        }
        guard let row = rows.first, let request = try RequestFingerprint(row.decode(at: 0)) else { return nil }
        return (request, try StoredAnswer(row, at: 1))
    }
}
