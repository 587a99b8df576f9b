import Catalog
import EventLoop

/// How many clients follow runs at once; each asks the database a few times a second.
public final class Followers: Sendable {
    /// More get 429 `too_many_requests`.
    public static let limit = 200

    private struct State {
        var count = 0
        var isClosed = false
    }

    private let state = Locked(State())

    /// Set when the server drains: what follows ends, for clients to come back elsewhere.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Ends what is followed, for a server that drains.
    public func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Throws `too_many_requests` at the limit.
    func enter() throws(Refusal) {
        let isFree = state.withLock { state in
            guard state.count < Self.limit else { return false }
            state.count += 1
            return true
        }
        guard isFree else {
            throw Refusal(
                .tooManyRequests, "\(Self.limit) clients follow runs, and there may not be more",
                hint: "Ask GET /runs/{id} now and then.")
        }
    }

    func leave() {
        state.withLock { $0.count -= 1 }
    }
}
