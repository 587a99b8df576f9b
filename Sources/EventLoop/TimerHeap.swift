/// One pending timer of a heap.
final class TimerNode {
    fileprivate(set) var deadline: Deadline
    /// Order of arming, so that equal deadlines fire first in, first out.
    fileprivate var sequence: UInt64 = 0
    /// Place in the heap, -1 while not in it.
    fileprivate var place = -1
    let action: () -> Void
    /// Called instead of `action` when the loop stops first.
    let abandoned: (() -> Void)?

    init(action: @escaping () -> Void, abandoned: (() -> Void)? = nil) {
        self.deadline = .never
        self.action = action
        self.abandoned = abandoned
    }

    var isArmed: Bool { place >= 0 }
}

/// A binary heap of timers by deadline in which any timer can be moved or removed in O(log n).
struct TimerHeap {
    private var nodes: [TimerNode] = []
    private var nextSequence: UInt64 = 0

    var count: Int { nodes.count }
    /// The earliest deadline, `nil` when empty.
    var first: Deadline? { nodes.first?.deadline }

    /// Arms `node`, or moves it when it is armed already.
    mutating func arm(_ node: TimerNode, at deadline: Deadline) {
        node.deadline = deadline
        node.sequence = nextSequence
        nextSequence &+= 1
        if node.place < 0 {
            node.place = nodes.count
            nodes.append(node)
        }
        siftUp(node.place)
        siftDown(node.place)
    }

    /// Takes `node` out; no effect when it is not armed.
    mutating func remove(_ node: TimerNode) {
        let place = node.place
        guard place >= 0 else { return }
        let last = nodes.count - 1
        if place != last { swap(place, last) }
        nodes.removeLast()
        node.place = -1
        if place != last {
            let moved = nodes[place]
            siftUp(moved.place)
            siftDown(moved.place)
        }
    }

    /// Takes out the earliest timer whose deadline is at or before `now`.
    mutating func popExpired(now: Deadline) -> TimerNode? {
        guard let node = nodes.first, node.deadline <= now else { return nil }
        remove(node)
        return node
    }

    /// Takes out everything, in no particular order.
    mutating func removeAll() -> [TimerNode] {
        let all = nodes
        nodes = []
        for node in all { node.place = -1 }
        return all
    }

    private func isBefore(_ a: TimerNode, _ b: TimerNode) -> Bool {
        a.deadline == b.deadline ? a.sequence < b.sequence : a.deadline < b.deadline
    }

    private mutating func swap(_ a: Int, _ b: Int) {
        nodes.swapAt(a, b)
        nodes[a].place = a
        nodes[b].place = b
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard isBefore(nodes[place], nodes[parent]) else { return }
            swap(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in 2 * place + 1..<min(2 * place + 3, max(nodes.count, 2 * place + 1)) {
                if isBefore(nodes[child], nodes[least]) { least = child }
            }
            guard least != place else { return }
            swap(place, least)
            place = least
        }
    }
}
