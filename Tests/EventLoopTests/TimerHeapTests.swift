import TestSupport
import Testing

@testable import EventLoop

@Suite struct TimerHeapTests {
    private func node() -> TimerNode {
        TimerNode(action: {})
    }

    @Test func `timers come out by deadline, equal ones in the order they were armed`() {
        var heap = TimerHeap()
        let nodes = (0..<6).map { _ in node() }
        for (node, deadline) in zip(nodes, [5, 3, 5, 1, 3, 5] as [Int64]) {
            heap.arm(node, at: Deadline(nanoseconds: deadline))
        }
        var order: [Int] = []
        while let next = heap.popExpired(now: Deadline(nanoseconds: 5)) {
            order.append(nodes.firstIndex { $0 === next } ?? -1)
        }
        #expect(order == [3, 1, 4, 0, 2, 5])
    }

    @Test func `a timer is kept until its deadline and fires at it`() {
        var heap = TimerHeap()
        heap.arm(node(), at: Deadline(nanoseconds: 10))
        #expect(heap.popExpired(now: Deadline(nanoseconds: 9)) == nil)
        #expect(heap.popExpired(now: Deadline(nanoseconds: 10)) != nil)
        #expect(heap.first == nil)
    }

    @Test(arguments: UInt64(0)..<50)
    func `any mix of arming, moving and removing agrees with a sorted list`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = TimerHeap()
        let nodes = (0..<40).map { _ in node() }
        var model: [(deadline: Int64, sequence: Int, node: Int)] = []
        for step in 0..<400 {
            let index = Int.random(in: 0..<nodes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0...1:
                let deadline = Int64.random(in: 0..<50, using: &random)
                heap.arm(nodes[index], at: Deadline(nanoseconds: deadline))
                model.removeAll { $0.node == index }
                model.append((deadline, step, index))
            case 2:
                heap.remove(nodes[index])
                model.removeAll { $0.node == index }
            default:
                let now = Int64.random(in: 0..<50, using: &random)
                let first = model.min { ($0.deadline, $0.sequence) < ($1.deadline, $1.sequence) }
                let due = first.flatMap { $0.deadline <= now ? $0.node : nil }
                let popped = heap.popExpired(now: Deadline(nanoseconds: now))
                let fired = popped.flatMap { node in nodes.firstIndex { $0 === node } }
                #expect(fired == due, "seed \(seed), step \(step)")
                model.removeAll { $0.node == due }
            }
            #expect(heap.count == model.count, "seed \(seed), step \(step)")
            #expect(nodes.indices.allSatisfy { index in nodes[index].isArmed == model.contains { $0.node == index } })
        }
    }
}

@Suite struct DeadlineTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var start: Int64
        var duration: Duration
        var end: Int64
    }

    @Test(arguments: [
        Case(
            testDescription: "whole and part of a second", start: 7, duration: .milliseconds(1500), end: 1_500_000_007),
        Case(testDescription: "backwards", start: 2_000_000_000, duration: .seconds(-1), end: 1_000_000_000),
        Case(testDescription: "before the clock began", start: 5, duration: .seconds(-1), end: 0),
        Case(testDescription: "never stays never", start: .max, duration: .seconds(-1), end: .max),
        Case(testDescription: "too far is never", start: 1, duration: .seconds(Int64.max), end: .max),
        Case(testDescription: "too far back has passed", start: 1, duration: .seconds(Int64.min + 1), end: 0),
    ])
    func addition(_ row: Case) {
        #expect((Deadline(nanoseconds: row.start) + row.duration).nanoseconds == row.end)
    }
}
