import EventLoop
import Postgres
import Synchronization

/// A pipelined session of a role on a loop, with a slot of the budget once it is open.
final class SharedPipeline: SharedSession {
    let role: String
    let use = SharedUse()
    /// Where callers find it, until it is closed.
    private let table: PipelineTable
    private let reference = AtomicLazyReference<Pipeline>()

    init(role: String, table: PipelineTable) {
        self.role = role
        self.table = table
    }

    /// `nil` until it is open.
    var pipeline: Pipeline? { reference.load() }

    func opened(_ pipeline: Pipeline) {
        _ = reference.storeIfNil(pipeline)
    }

    /// Closes it; what is in flight fails.
    func close() async {
        table.forget(self)
        await pipeline?.close()
    }
}

/// The pipelines of one loop by role. Its lock is the only one a point read takes, and only its loop's thread takes it
/// often.
final class PipelineTable: Sendable {
    private struct Entry {
        let shared: SharedPipeline
        let opening: Task<Void, any Error>
    }

    private let entries = Locked<[String: Entry]>([:])

    /// Joins the use of the role's pipeline, a new one unless there is one that still goes on.
    ///
    /// - Returns: The shared use, and what opens its pipeline.
    func join(
        _ role: String, opening: (SharedPipeline) -> Task<Void, any Error>
    ) -> (shared: SharedPipeline, opening: Task<Void, any Error>) {
        entries.withLock { entries in
            if let entry = entries[role], entry.shared.use.begin() { return (entry.shared, entry.opening) }
            let shared = SharedPipeline(role: role, table: self)
            _ = shared.use.begin()
            let entry = Entry(shared: shared, opening: opening(shared))
            entries[role] = entry
            return (shared, entry.opening)
        }
    }

    /// Joins the use of the role's pipeline if there is an open one.
    func joinOpen(_ role: String) -> SharedPipeline? {
        entries.withLock { entries in
            guard let shared = entries[role]?.shared, shared.pipeline != nil, shared.use.begin() else { return nil }
            return shared
        }
    }

    func forget(_ shared: SharedPipeline) {
        entries.withLock { entries in
            if entries[shared.role]?.shared === shared { entries[shared.role] = nil }
        }
    }
}
