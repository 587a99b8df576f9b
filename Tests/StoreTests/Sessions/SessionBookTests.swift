import Testing

@testable import Store

@Suite struct SessionBookTests {
    private typealias Key = SessionBook<Int>.Key

    private func limits(total: Int, reserved: Int = 0, perRole: Int = 100, waiting: Int = 100) -> SessionLimits {
        var limits = SessionLimits()
        limits.total = total
        limits.reserved = reserved
        limits.perRole = perRole
        limits.waiting = waiting
        return limits
    }

    private func key(_ role: String, loop: Int = 0) -> Key { Key(kind: .rows(role: role), loop: loop) }

    @Test func anIdleSessionServesItsOwnKeyOnly() {
        let book = Desk(limits: limits(total: 8))
        #expect(book.take(key("a"))?.grant.opens == true)
        #expect(book.release(1, key("a"))?.ticket == nil)
        #expect(book.take(key("b"))?.grant.opens == true)
        #expect(book.take(key("a", loop: 1))?.grant.opens == true)
        #expect(book.take(Key(kind: .query(role: "a"), loop: 0))?.grant.opens == true)
        #expect(book.take(key("a"))?.grant.session == 1)
    }

    @Test func theLeastRecentlyUsedIdleSessionMakesRoom() {
        let book = Desk(limits: limits(total: 2))
        for (session, role) in ["a", "b"].enumerated() {
            #expect(book.take(key(role))?.closing == nil)
            #expect(book.release(session, key(role))?.ticket == nil)
        }
        let taken = book.take(key("c"))
        #expect(taken?.grant.opens == true)
        #expect(taken?.closing == 0)
        #expect(book.open == 2)
    }

    @Test func atTheBudgetCallersWaitInOrderAndTheQueueHasABound() throws {
        let book = Desk(limits: limits(total: 1, waiting: 2))
        #expect(book.take(key("a"))?.grant.opens == true)
        #expect(book.take(key("a")) == nil)
        let first = try #require(book.wait(for: key("a")))
        let second = try #require(book.wait(for: key("b")))
        #expect(book.wait(for: key("c")) == nil)
        let next = try #require(book.release(7, key("a")))
        #expect(next.ticket == first)
        #expect(next.grant.session == 7)
        // The one for another role needs another session: the idle one makes room.
        let last = try #require(book.release(7, key("a")))
        #expect(last.ticket == second)
        #expect(last.grant.opens)
        #expect(last.closing == 7)
        #expect(book.open == 1)
    }

    @Test func aCallerThatGaveUpIsNotServed() throws {
        let book = Desk(limits: limits(total: 1))
        #expect(book.take(key("a"))?.grant.opens == true)
        let ticket = try #require(book.wait(for: key("a")))
        #expect(book.abandon(ticket: ticket))
        #expect(!book.abandon(ticket: ticket))
        #expect(book.release(1, key("a"))?.ticket == nil)
        #expect(book.idleCount == 1)
    }

    @Test func oneRoleCannotTakeEverything() {
        let book = Desk(limits: limits(total: 10, reserved: 2, perRole: 3))
        for _ in 0..<3 { #expect(book.take(key("greedy"))?.grant.opens == true) }
        #expect(book.take(key("greedy")) == nil)
        for role in ["a", "b", "c", "d", "e"] { #expect(book.take(key(role))?.grant.opens == true) }
        #expect(book.take(key("f")) == nil)
        #expect(book.take(Key(kind: .warehouse, loop: 0))?.grant.opens == true)
    }

    /// Laws that hold after every step, whatever the order: within the budget, every session in one place, nobody waits
    /// for what is idle.
    @Test(arguments: 0..<50) func anyOrderOfEventsKeepsTheBooks(_ seed: Int) {
        var random = SeededRandom(state: UInt64(seed))
        let limits = limits(
            total: Int.random(in: 1...8, using: &random), perRole: Int.random(in: 1...8, using: &random), waiting: 5)
        let book = Desk(limits: limits)
        var lent: [(session: Int, key: Key)] = []
        var waiting: [Int: Key] = [:]
        var closed: Set<Int> = []
        var nextSession = 0

        func grant(_ grant: SessionBook<Int>.Grant, _ closing: Int?, _ key: Key) {
            if let closing { #expect(closed.insert(closing).inserted, "seed \(seed): closed twice") }
            if case .reuse(let session) = grant {
                #expect(!closed.contains(session), "seed \(seed): a closed session was lent")
                #expect(!lent.contains { $0.session == session }, "seed \(seed): lent twice")
                lent.append((session, key))
            } else {
                nextSession += 1
                lent.append((nextSession, key))
            }
        }

        for _ in 0..<400 {
            let key = key(
                ["a", "b", "c"][Int.random(in: 0..<3, using: &random)], loop: Int.random(in: 0...1, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                if let taken = book.take(key) {
                    grant(taken.grant, taken.closing, key)
                } else if let ticket = book.wait(for: key) {
                    waiting[ticket] = key
                } else {
                    #expect(waiting.count == limits.waiting, "seed \(seed)")
                }
            case 2, 3:
                guard !lent.isEmpty else { continue }
                let back = lent.remove(at: Int.random(in: 0..<lent.count, using: &random))
                let broken = Int.random(in: 0..<4, using: &random) == 0
                if let next = book.release(broken ? nil : back.session, back.key) {
                    let key = waiting.removeValue(forKey: next.ticket)
                    #expect(key != nil, "seed \(seed): nobody of that ticket waits")
                    if let key { grant(next.grant, next.closing, key) }
                }
            default:
                guard let ticket = waiting.keys.sorted().first else { continue }
                #expect(book.abandon(ticket: ticket), "seed \(seed)")
                waiting[ticket] = nil
            }
            #expect(book.open <= limits.total, "seed \(seed)")
            #expect(book.open == lent.count + book.idleCount, "seed \(seed)")
            #expect(book.waiting == waiting.count, "seed \(seed)")
            for role in ["a", "b", "c"] {
                #expect(lent.count { $0.key.kind.role == role } <= limits.perRole, "seed \(seed)")
            }
        }
    }
}

/// A book behind a reference: `#expect` cannot hold what it changes.
private final class Desk {
    private var book: SessionBook<Int>

    init(limits: SessionLimits) { book = SessionBook(limits: limits) }

    var open: Int { book.open }
    var idleCount: Int { book.idleCount }
    var waiting: Int { book.waiting }

    func take(_ key: SessionBook<Int>.Key) -> (grant: SessionBook<Int>.Grant, closing: Int?)? { book.take(key) }
    func wait(for key: SessionBook<Int>.Key) -> Int? { book.wait(for: key) }
    func abandon(ticket: Int) -> Bool { book.abandon(ticket: ticket) }

    func release(
        _ session: Int?, _ key: SessionBook<Int>.Key
    ) -> (ticket: Int, grant: SessionBook<Int>.Grant, closing: Int?)? {
        book.release(session, key, now: .now)
    }
}

extension SessionBook.Grant where Session == Int {
    fileprivate var opens: Bool { session == nil }
    fileprivate var session: Int? { if case .reuse(let session) = self { session } else { nil } }
}

/// SplitMix64.
private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
