import TestSupport

@testable import Scheduling

/// A worker of the simulation: what it knows is what it was told, however long ago.
struct SimulatedWorker {
    enum Life { case live, stalled, draining, dead }

    var id: String
    var life = Life.live
    /// How wrong its clock is, in seconds: nothing may depend on it.
    var skew: Int64
    var jobs: [Job] = []

    /// A job process. It raises the fence of its step when it begins, as the supervisor does before the offset is read.
    struct Job {
        var claim: Claim
        /// By the worker's own clock.
        var deadline: Int64
        var hasRaisedFence: Bool
    }
}

/// Where the simulation's data goes: the fence and the results that `warehouse` would hold, per task.
struct SimulatedWarehouse {
    private var fences: [TaskID: Epoch] = [:]
    private(set) var results: [TaskID: Epoch] = [:]

    /// `false`: a later attempt holds it.
    mutating func raiseFence(_ claim: Claim) -> Bool {
        guard fences[claim.task].map({ $0 <= claim.epoch }) ?? true else { return false }
        fences[claim.task] = claim.epoch
        return true
    }

    enum Commit { case done, fenced, wasDone }

    mutating func commit(_ claim: Claim) -> Commit {
        guard fences[claim.task] == claim.epoch else { return .fenced }
        guard results[claim.task] == nil else { return .wasDone }
        results[claim.task] = claim.epoch
        return .done
    }
}

extension SeededGenerator {
    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
