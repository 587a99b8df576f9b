internal import EventLoop
internal import HTTPServer
internal import Scheduling
public import Store

/// A worker's sign of life, on a thread and a connection of its own: whatever keeps the supervisor busy, it goes on, also
/// while the worker drains.
public final class Heart: Sendable {
    /// How soon a sign of life that could not be given is tried again.
    static let retryInterval: Duration = .seconds(1)

    private let group: EventLoopGroup
    private let sessions: Sessions
    private let queue: Queue
    private let beating = Locked(Task<Void, Never>?.none)

    /// Throws when there is no thread or descriptor for it.
    public init(source: SessionSource) throws {
        group = try EventLoopGroup(count: 1)
        var limits = SessionLimits()
        limits.total = 2
        limits.reserved = 0
        sessions = Sessions(source: source, group: group, limits: limits)
        queue = Queue(sessions: sessions)
    }

    /// Begins to beat for a worker; the one before it is forgotten.
    ///
    /// - Parameter whenLost: Called once, when the worker has been declared lost.
    func beat(for workerID: String, _ logger: Logger, whenLost: @escaping @Sendable () -> Void) {
        let (loop, queue) = (group.loops[0], queue)
        let task = loop.spawn {
            while !Task.isCancelled {
                var pause = Queue.heartbeatInterval
                do {
                    guard try await queue.heartbeat(workerID) else { return whenLost() }
                } catch {
                    logger.warning("a heartbeat failed; it is tried again", ["error": "\(error)"])
                    pause = Self.retryInterval
                }
                do { try await loop.sleep(for: pause) } catch { return }
            }
        }
        beating.withLock { beating in
            beating?.cancel()
            beating = task
        }
    }

    func stop() async {
        beating.withLock { $0 }?.cancel()
        await sessions.close()
    }
}
