public import EventLoop
internal import HTTPServer
public import Postgres
internal import Scheduling

/// Listens for word that there may be work. Only a shortcut: a worker polls as well.
public struct WakeUpCalls: Sendable {
    /// How long after a failure it listens again.
    static let retryInterval: Duration = .seconds(2)

    private let control: ConnectionOptions
    private let loop: EventLoop
    private let blocking: BlockingPool

    /// - Parameter control: The server's login in the database `control`.
    public init(control: ConnectionOptions, on loop: EventLoop, blocking: BlockingPool) {
        self.control = control
        self.loop = loop
        self.blocking = blocking
    }

    /// Calls `wake` for each word until the task is cancelled.
    public func run(_ wake: () async -> Void) async {
        while !Task.isCancelled {
            do {
                let connection = try await Connection.connect(control, on: loop, blocking: blocking)
                do {
                    try await connection.listen(to: Queue.readyChannel)
                    while try await connection.nextNotification(timeout: .seconds(3600)) != nil || !Task.isCancelled {
                        await wake()
                    }
                    await connection.close()
                } catch {
                    await connection.close()
                    throw error
                }
            } catch {
                // Polling goes on meanwhile; the supervisor's own statements tell the operator of a cluster that is gone.
            }
            do { try await loop.sleep(for: Self.retryInterval) } catch { return }
        }
    }
}
