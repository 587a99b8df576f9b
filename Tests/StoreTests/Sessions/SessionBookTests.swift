import Testing

@testable import Store

@Suite struct SessionBookTests {
    private struct Pipe: SharedSession {
        let use = SharedUse()
    }

    private typealias Book = SessionBook<Int, Pipe>

    private func book(
        total: Int, reserved: Int = 0, perRole: Int = 100, waiting: Int = 100
    ) -> Book {
        var limits = SessionLimits()
        limits.total = total
        limits.reserved = reserved
        limits.perRole = perRole
        limits.waiting = waiting
        return Book(limits: limits)
    }

    private func rows(_ role: String, loop: Int = 0) -> SessionKey { SessionKey(kind: .rows(role: role), loop: loop) }
    private func shared(_ role: String) -> SessionKey { SessionKey(kind: .rows(role: role), loop: 0, isShared: true) }
    private let server = SessionKey(kind: .warehouse, loop: 0)

    @Test func anIdleSessionServesItsOwnKeyOnly() {
        var book = book(total: 8)
        let first = book.take(rows("a"))
        book.putBack(1, rows("a"), now: 0)
        let others = [rows("b"), rows("a", loop: 1), SessionKey(kind: .query(role: "a"), loop: 0), shared("a")]
            .map { book.take($0) }
        let again = book.take(rows("a"))
        #expect(first?.opens == true)
        #expect(others.allSatisfy { $0?.opens == true })
        #expect(again?.reused == 1)
    }

    @Test func theLeastRecentlyUsedIdleSessionMakesRoom() {
        var book = book(total: 2)
        for role in ["a", "b"] { _ = book.take(rows(role)) }
        for (session, role) in ["a", "b"].enumerated() { book.putBack(session, rows(role), now: Int64(session)) }
        let taken = book.take(rows("c"))
        #expect(taken?.closed == 0)
        #expect(book.counts.open == 2)
    }

    @Test func atTheBudgetCallersWaitInOrderAndTheQueueHasABound() {
        var book = book(total: 1, waiting: 2)
        _ = book.take(rows("a"))
        let taken = book.take(rows("a"))
        let queued = [rows("a"), rows("b"), rows("c")].enumerated().map { book.wait(for: $1, ticket: $0) }
        book.putBack(7, rows("a"), now: 0)
        let first = book.serve(after: rows("a"))
        book.putBack(7, rows("a"), now: 1)
        let second = book.serve(after: rows("a"))
        #expect(taken == nil)
        #expect(queued == [true, true, false])
        #expect(first.map(\.ticket) == [0] && first.first?.grant.reused == 7)
        // The one for another role needs another session: the idle one makes room.
        #expect(second.map(\.ticket) == [1] && second.first?.grant.closed == 7)
        #expect(book.counts.open == 1)
    }

    @Test func aCallerThatGaveUpIsNotServed() {
        var book = book(total: 1)
        _ = book.take(rows("a"))
        _ = book.wait(for: rows("a"), ticket: 1)
        let left = [book.abandon(ticket: 1, rows("a")), book.abandon(ticket: 1, rows("a"))]
        book.putBack(1, rows("a"), now: 0)
        let served = book.serve(after: rows("a"))
        #expect(left == [true, false])
        #expect(served.isEmpty)
        #expect(book.counts == SessionCounts(open: 1, principals: 1, idle: 1))
    }

    @Test func oneRoleCannotTakeEverything() {
        var book = book(total: 10, reserved: 2, perRole: 3)
        let greedy = (0..<4).map { _ in book.take(rows("greedy")) != nil }
        let others = ["a", "b", "c", "d", "e", "f"].map { book.take(rows($0)) != nil }
        let ours = (0..<3).map { _ in book.take(server) != nil }
        #expect(greedy == [true, true, true, false])
        #expect(others == [true, true, true, true, true, false])
        #expect(ours == [true, true, false])
    }

    @Test func principalsDoNotTakeTheReserveByEvictingTheServersIdleSessions() {
        var book = book(total: 4, reserved: 2)
        for _ in 0..<2 { _ = book.take(server) }
        for session in 0..<2 { book.putBack(session, server, now: 0) }
        let taken = (0..<3).map { _ in book.take(rows("a")) != nil }
        #expect(taken == [true, true, false])
        #expect(book.counts == SessionCounts(open: 4, principals: 2, idle: 2))
    }

    @Test func belowTheirCapPrincipalsTakeWhatTheServerDoesNotUse() {
        var book = book(total: 3, reserved: 1)
        for _ in 0..<3 { _ = book.take(server) }
        for session in 0..<3 { book.putBack(session, server, now: Int64(session)) }
        let taken = (0..<3).map { _ in book.take(rows("a"))?.closed }
        #expect(taken == [0, 1, nil])
    }

    @Test func aSharedSessionMakesRoomOnlyWhileNobodyUsesIt() {
        var book = book(total: 1)
        let pipe = Pipe()
        _ = book.take(shared("a"))
        _ = pipe.use.begin()
        book.share(pipe, shared("a"))
        let early = book.take(rows("b"))
        let isUnused = pipe.use.end()
        let late = book.take(rows("b"))
        #expect(early == nil)
        #expect(isUnused)
        #expect(late?.opens == true)
        #expect(!pipe.use.begin())
        #expect(book.counts == SessionCounts(open: 1, principals: 1))
    }

    @Test func theSlotOfABrokenSharedSessionIsFreedOnce() {
        var book = book(total: 2)
        let pipe = Pipe()
        for _ in 0..<2 { _ = book.take(shared("a")) }
        book.share(pipe, shared("a"))
        for _ in 0..<2 { book.withdraw(pipe.use) }
        #expect(book.counts == SessionCounts(open: 1, principals: 1))
    }

    @Test func slotsOfIdleSessionsAreFreeOnceTheseAreClosed() {
        var book = book(total: 1)
        _ = book.take(rows("a"))
        book.putBack(1, rows("a"), now: 5)
        let young = book.takeIdle { _, since in since < 5 }.count
        let old = book.takeIdle { _, since in since < 6 }.count
        _ = book.wait(for: rows("b"), ticket: 1)
        let early = book.serve().count
        book.free(rows("a"))
        let late = book.serve().count
        #expect([young, old, early, late] == [0, 1, 0, 1])
    }
}

extension SessionBook.Grant where Session == Int {
    fileprivate var opens: Bool { reused == nil }
    fileprivate var reused: Int? { if case .reuse(let session) = self { session } else { nil } }
    fileprivate var closed: Int? { if case .open(.idle(let session)?) = self { session } else { nil } }
}
