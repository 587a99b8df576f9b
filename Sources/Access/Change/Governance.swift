internal import Catalog
internal import EventLoop
import JSON
public import Postgres
public import Store

/// Changes what is declared, and with it what is enforced: one transaction each, serialised by the epoch row.
public struct Governance: Sendable {
    let sessions: Sessions

    public init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// What a change answers besides its value.
    public struct Committed<Value: Sendable>: Sendable {
        public var value: Value
        /// The policy version from which the change holds.
        public var policyVersion: Int64
    }

    /// Runs `body` in a transaction, compiles what it touched, audits it and raises the policy version.
    ///
    /// - Parameters:
    ///   - callerName: The principal, read anew inside the transaction: its authority is that of the moment.
    ///   - requiresConditions: Whether policy objects need `If-Match` or `If-None-Match` (428 without).
    ///   - keeps: `false` rolls everything back after `body` and the compilation: a rehearsal.
    ///   - verify: Looks at what the change comes to before it is kept or taken back: all is compiled, and the policy
    ///     version given is the one from which it would hold. What it throws takes the change back.
    ///   - beforeCommit: Writes what must commit with a change that is kept; what it throws takes the change back.
    ///   - body: The change; run again, in a transaction of its own, when readers held a table that it needs for itself.
    public func change<Value: Sendable>(
        by callerName: String, requestID: String, requiresConditions: Bool = true, keeps: Bool = true,
        verify: (Change, _ policyVersion: Int64) async throws -> Void = { _, _ in },
        beforeCommit: (Committed<Value>, Connection) async throws -> Void = { _, _ in },
        _ body: (Change) async throws -> Value
    ) async throws -> Committed<Value> {
        func once(isBehindShutGate: Bool) async throws -> Committed<Value> {
            try await changeOnce(
                by: callerName, requestID: requestID, requiresConditions: requiresConditions, keeps: keeps,
                isBehindShutGate: isBehindShutGate, verify: verify, beforeCommit: beforeCommit, body)
        }
        do {
            return try await once(isBehindShutGate: false)
        } catch let held as HeldByReaders {
            guard keeps else { throw held.cause }
            return try await behindShutGate(held) { try await once(isBehindShutGate: true) }
        }
    }

    private func changeOnce<Value: Sendable>(
        by callerName: String, requestID: String, requiresConditions: Bool, keeps: Bool, isBehindShutGate: Bool,
        verify: (Change, _ policyVersion: Int64) async throws -> Void,
        beforeCommit: (Committed<Value>, Connection) async throws -> Void,
        _ body: (Change) async throws -> Value
    ) async throws -> Committed<Value> {
        let (committed, waiting) = try await sessions.withServerSession { connection in
            do {
                return try await connection.transaction { connection in
                    try await connection.execute("SELECT sluice.begin_change()")
                    guard let caller = try await Caller.read(named: callerName, on: connection) else {
                        throw Refusal(.unauthenticated, "the token's principal is gone")
                    }
                    let change = Change(
                        connection: connection, caller: caller, requestID: requestID,
                        requiresConditions: requiresConditions, isBehindShutGate: isBehindShutGate)
                    let value = try await body(change)
                    let waiting = try await change.compile()
                    let version = try await change.finish()
                    let committed = Committed(value: value, policyVersion: version)
                    try await verify(change, version)
                    guard keeps else { throw Rehearsed(committed: committed) }
                    try await beforeCommit(committed, connection)
                    return (committed, waiting)
                }
            } catch let rehearsed as Rehearsed<Value> {
                return (rehearsed.committed, [])
            }
        }
        guard keeps else { return committed }
        try await fence(committed.policyVersion)
        guard !waiting.isEmpty else { return committed }
        let version = try await rebuild(waiting)
        return Committed(value: committed.value, policyVersion: version)
    }

    /// Ends statements planned before `version`: from here on they fail instead of answering by the older policy.
    func fence(_ version: Int64) async throws {
        try await sessions.withServerSession { connection in
            _ = try await connection.execute("SELECT sluice.fence(\(version))")
            // No change waits for a statement that runs. What fails here stays noted for the housekeeping, which tells.
            connection.loop.spawn { try? await endNarrowedSessions() }
        }
    }

    /// How often a view whose readers do not let go is tried again; each try waits `Enforcer.lockTimeout`.
    static let rebuildAttempts = 25

    /// Replaces views that readers held during the change. Their gates are shut: readers get 503 `policy_changing`.
    func rebuild(_ datasets: [Int64]) async throws -> Int64 {
        for _ in 0..<Self.rebuildAttempts {
            let (waiting, version) = try await sessions.withServerSession { connection in
                try await connection.transaction { connection in
                    try await connection.execute("SELECT sluice.begin_change()")
                    let waiting = try await Enforcer(connection: connection).enforceAll(datasets)
                    let rows = try await connection.query("SELECT sluice.finish_change()")
                    return (waiting, try rows[0].decode(at: 0, as: Int64.self))
                }
            }
            try await fence(version)
            if waiting.isEmpty { return version }
        }
        throw Refusal(
            .policyChanging,
            "the change is made, but readers hold a view that must be replaced; it stays shut until then",
            hint: "The server tries again by itself; end long-running statements on the dataset to speed it up.")
    }

    /// Finishes what a crash or stubborn readers left undone: raises a fence that lags behind its epoch, and rebuilds
    /// views whose gates are shut. At start and now and then; cheap when there is nothing to do.
    public func settle() async throws {
        let pending = try await sessions.withServerSession { connection in
            let rows = try await connection.query(
                """
                SELECT ARRAY(SELECT dataset_id FROM sluice.dataset_gate WHERE shut ORDER BY 1),
                    (SELECT epoch FROM sluice.policy_epoch), (SELECT last_value FROM sluice.epoch_seq)
                """)
            let (epoch, fenced): (Int64, Int64) = (try rows[0].decode(at: 1), try rows[0].decode(at: 2))
            if fenced < epoch { try await connection.execute("SELECT sluice.fence(\(epoch))") }
            return try rows[0].decode(at: 0, as: [Int64].self)
        }
        guard !pending.isEmpty else { return }
        _ = try await rebuild(pending)
    }
}

/// Carries the outcome of a rehearsal out of the transaction that it rolls back.
private struct Rehearsed<Value: Sendable>: Error {
    var committed: Governance.Committed<Value>
}

extension Change {
    /// Compiles subjects, reader roles, functions and views of all that was touched. Returns datasets with shut gates.
    func compile() async throws -> [Int64] {
        if !principals.isEmpty {
            try await connection.execute("SELECT sluice.compile_subjects(\(principals.sorted()))")
        }
        let waiting = try await Enforcer(connection: connection).enforceAll(datasets.sorted())
        if !principals.isEmpty {
            try await connection.execute("SELECT sluice.sync_readers(\(principals.sorted()))")
        }
        return waiting
    }

    /// Raises the epoch if a decision may have changed, and writes the audit rows that commit with it. Returns the
    /// policy version from here on.
    func finish() async throws -> Int64 {
        let rows = try await connection.query(
            entries.contains(where: \.changesPolicy)
                ? "SELECT sluice.finish_change()" : "SELECT epoch FROM sluice.policy_epoch")
        let version: Int64 = try rows[0].decode(at: 0)
        if entries.contains(where: \.narrows) { try await noteNarrowing() }
        for entry in entries {
            try await connection.execute(
                """
                INSERT INTO sluice.change_audit
                    (principal, action, object, dataset_id, before, after, policy_version, request_id)
                VALUES (\(caller.name), \(entry.action), \(entry.object), \(entry.datasetID), \(entry.before)::jsonb,
                    \(entry.after)::jsonb, \(version), \(requestID))
                """)
        }
        return version
    }
}

extension Enforcer {
    /// Enforces each dataset; returns those whose gate had to be shut.
    func enforceAll(_ datasets: [Int64]) async throws -> [Int64] {
        var waiting: [Int64] = []
        for id in datasets {
            if try await enforce(id) == .gateShut { waiting.append(id) }
        }
        return waiting
    }
}
