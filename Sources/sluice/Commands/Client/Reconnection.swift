internal import Glibc

/// Tries again while a server is away, for a bounded time.
final class Reconnection {
    private let patience: Duration
    private var lastSuccess = ContinuousClock.now

    init(patience: Duration) { self.patience = patience }

    /// Something came: the time begins anew.
    func succeeded() { lastSuccess = .now }

    /// Returns what `body` does; `nil`, after a moment, when it is to be done again: it said so, or the server was away.
    ///
    /// - Throws: What a server refuses; that it is away, when it has been for longer than `patience`.
    func attempt<T>(_ body: () throws -> T?) throws -> T? {
        do {
            let result = try body()
            succeeded()
            if result == nil { pause() }
            return result
        } catch let failure as CommandFailure where failure.code == .unreachable && isPatient {
            pause()
            return nil
        } catch let problem as ServerProblem where [429, 502, 503, 504].contains(problem.status) && isPatient {
            pause()
            return nil
        }
    }

    private var isPatient: Bool { ContinuousClock.now - lastSuccess < patience }

    private func pause() { usleep(500_000) }
}
