import EventLoop
import Postgres
import Store

/// Turns any number of signals into at most one NOTIFY per interval: each takes a lock that all commits share.
final class WakeUp: Sendable {
    static let interval = Duration.milliseconds(10)

    private let sessions: Sessions
    private let isPending = Locked(false)

    init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// Without effect off the event loops, where only tests are; workers poll.
    func signal() {
        guard let loop = EventLoop.current else { return }
        let isFirst = isPending.withLock { pending in
            defer { pending = true }
            return !pending
        }
        guard isFirst else { return }
        loop.schedule(after: Self.interval) {
            self.isPending.withLock { $0 = false }
            loop.spawn { await self.notify() }
        }
    }

    private func notify() async {
        do {
            try await sessions.withServerSession(.control) { connection in
                _ = try await connection.execute("SELECT pg_notify(\(Queue.readyChannel), '')")
            }
        } catch {
            // A wake-up is a favour: the next poll finds what is there.
        }
    }
}
