import Synchronization

/// Which policy held when: one world per change, in order, and which changes were complete at a moment.
final class PolicyLog: Sendable {
    private struct State {
        var worlds: [ReferenceWorld]
        /// Positions in the primary's log of writes at which each change was complete.
        var positions: [UInt64]
        var completed = 0
    }

    private let state: Mutex<State>

    init(_ world: ReferenceWorld, position: UInt64) {
        state = Mutex(State(worlds: [world], positions: [position]))
    }

    /// The last change that was complete, fence and all: what begins now may follow no older one.
    var completed: Int { state.withLock { $0.completed } }

    /// The last change that was begun: nothing that has ended can have seen a later one.
    var started: Int { state.withLock { $0.worlds.count - 1 } }

    func world(_ index: Int) -> ReferenceWorld { state.withLock { $0.worlds[index] } }

    /// The last change that is complete where the log of writes has been replayed up to `position`.
    func completed(at position: UInt64) -> Int {
        state.withLock { state in
            // Recent ones are asked for nearly always.
            var index = state.completed
            while index > 0, state.positions[index] > position { index -= 1 }
            return index
        }
    }

    /// Before a change is sent: from here on answers may follow it.
    func begin(_ world: ReferenceWorld) {
        state.withLock { $0.worlds.append(world) }
    }

    /// After the change is complete; `world` with what only the server could tell.
    func complete(_ world: ReferenceWorld, position: UInt64) {
        state.withLock { state in
            state.completed = state.worlds.count - 1
            state.worlds[state.completed] = world
            state.positions.append(position)
        }
    }
}
