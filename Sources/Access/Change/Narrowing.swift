import EventLoop
import Postgres
import Store

/// Ending what began before a change that takes something away. The fence in the views stops every statement that starts
/// after the change under an older policy; a statement that runs, or a cursor that is open, it does not reach.
extension Governance {
    /// How long a transaction that began before a narrowing may go on: most end by themselves. The contract is 1 s.
    private static let patience = Duration.milliseconds(700)

    /// Ends the sessions that read by a policy older than a narrowing change, if any is left after `patience`. When it
    /// returns, none is. After each change, and now and then for what a server left undone that died.
    public func endNarrowedSessions() async throws {
        try await sessions.withServerSession { connection in
            let last = try await connection.query("SELECT max(id) FROM sluice.narrowing")
            guard let last: Int64 = try last[0].decode(at: 0) else { return }
            let older = try await connection.query("SELECT pid::bigint, since::text FROM sluice.narrowed_sessions()")
            if !older.isEmpty {
                let (pids, starts) = (
                    try older.map { try $0.decode(at: 0, as: Int64.self) },
                    try older.map { try $0.decode(at: 1, as: String.self) }
                )
                try await connection.loop.sleep(for: Self.patience)
                // The same transactions only: a session that has begun another has met the new policy.
                try await connection.execute(
                    """
                    SELECT pg_terminate_backend(a.pid)
                    FROM unnest(\(pids)::bigint[], \(starts)::text[]) AS o (pid, since)
                    JOIN pg_stat_activity AS a ON a.pid = o.pid AND a.xact_start = o.since::timestamptz
                    """)
            }
            try await connection.execute("DELETE FROM sluice.narrowing WHERE id <= \(last)")
        }
    }
}

extension Governance {
    /// Ends the transactions that read by what has ended by itself since they began: a grant, an exception, the right to
    /// act for a purpose. Now and then: nothing tells of an end but the clock.
    public func endExpiredReads() async throws {
        try await sessions.withServerSession { connection in
            _ = try await connection.query("SELECT pg_terminate_backend(e.pid) FROM sluice.expired_sessions() AS e")
        }
    }
}

extension Change {
    /// Leaves word of whose and which reads have to end, in the change's own transaction.
    func noteNarrowing() async throws {
        try await connection.execute(
            """
            INSERT INTO sluice.narrowing (principals, datasets)
            VALUES (\(principals.sorted()), \(datasets.union(narrowedDatasets).sorted()))
            """)
    }
}
