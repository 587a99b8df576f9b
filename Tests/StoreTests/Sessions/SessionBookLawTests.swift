import EventLoop
import TestSupport
import Testing

@testable import Store

/// Laws that hold after every step of any sequence of events.
@Suite struct SessionBookLawTests {
    @Test(arguments: 0..<200) func anyOrderOfEventsKeepsTheBooks(_ seed: Int) {
        var world = World(seed: UInt64(seed))
        for step in 0..<400 {
            world.step()
            let broken = world.brokenLaws()
            #expect(broken.isEmpty, "seed \(seed), step \(step): \(broken)")
            if !broken.isEmpty { return }
        }
        world.windDown()
        #expect(world.book.counts == SessionCounts(), "seed \(seed): slots left over at the end")
        #expect(world.faults.isEmpty, "seed \(seed): \(world.faults)")
    }

    @Test(arguments: 0..<20) func everyWaiterIsServedWhileOthersKeepASessionBusy(_ seed: Int) {
        var limits = SessionLimits()
        limits.total = 1
        limits.reserved = 0
        var book = World.Book(limits: limits)
        var random = SeededGenerator(seed: UInt64(seed))
        let busy = SessionKey(kind: .query(role: "busy"), loop: 0)
        var holder = busy
        var ticket = 0
        _ = book.take(busy)
        func queue(_ key: SessionKey) -> Int {
            ticket += 1
            if !book.wait(for: key, ticket: ticket) { Issue.record("seed \(seed): the queue is full") }
            return ticket
        }
        for _ in 0..<Int.random(in: 1...5, using: &random) { _ = queue(busy) }
        let patient = queue(SessionKey(kind: .query(role: "patient"), loop: 0))
        var keys = [patient: SessionKey(kind: .query(role: "patient"), loop: 0)]
        for turn in 0..<100 {
            keys[queue(busy)] = busy
            book.putBack(turn, holder, now: Int64(turn))
            let served = book.serve(after: holder)
            #expect(served.count == 1, "seed \(seed)")
            if served.first?.ticket == patient { return }
            holder = served.first.flatMap { keys[$0.ticket] } ?? busy
        }
        Issue.record("seed \(seed): overtaken for ever")
    }
}

/// A book, and beside it a plain account of what it should say.
private struct World {
    typealias Book = SessionBook<Int, FakeShared>

    struct FakeShared: SharedSession {
        let id: Int
        let use = SharedUse()
    }

    var book: Book
    /// Broken promises of single answers.
    var faults: [String] = []
    private let limits: SessionLimits
    private var random: SeededGenerator
    private var nextSession = 0
    private var nextTicket = 0
    /// Lent, or being opened.
    private var lent: [(session: Int, key: SessionKey)] = []
    private var idle: [Int: SessionKey] = [:]
    private var shared: [Int: (session: FakeShared, key: SessionKey, users: Int)] = [:]
    /// Taken off the book, not closed yet.
    private var closing: [SessionKey] = []
    private var waiting: [Int: SessionKey] = [:]

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        var limits = SessionLimits()
        limits.total = Int.random(in: 2...9, using: &random)
        limits.reserved = Int.random(in: 0..<limits.total, using: &random)
        limits.perRole = Int.random(in: 1...limits.total, using: &random)
        limits.waiting = 6
        self.limits = limits
        book = Book(limits: limits)
    }

    // MARK: Events

    mutating func step() {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<5: ask(randomKey())
        case 5..<8: giveBack(isBroken: false)
        case 8: giveBack(isBroken: true)
        case 9: beginUse()
        case 10, 11: endUse()
        case 12: breakShared()
        case 13: abandon()
        case 14: takeIdle(of: randomKey().kind.role)
        default: close()
        }
    }

    /// Everything in use ends, everybody is served, everything unused is closed.
    mutating func windDown() {
        for _ in 0..<10_000
        where !(lent.isEmpty && shared.isEmpty && idle.isEmpty && closing.isEmpty && waiting.isEmpty) {
            giveBack(isBroken: false)
            endUse()
            close()
            if waiting.isEmpty { takeIdle() }
        }
        if !waiting.isEmpty { faults.append("\(waiting.count) wait for ever") }
    }

    private mutating func randomKey() -> SessionKey {
        let role = ["a", "b", "c", "d"][Int.random(in: 0..<4, using: &random)]
        let loop = Int.random(in: 0...1, using: &random)
        return switch Int.random(in: 0..<8, using: &random) {
        case 0: SessionKey(kind: .warehouse, loop: loop)
        case 1: SessionKey(kind: .control, loop: loop)
        case 2, 3: SessionKey(kind: .query(role: role), loop: loop)
        case 4, 5: SessionKey(kind: .rows(role: role), loop: loop)
        default: SessionKey(kind: .rows(role: role), loop: loop, isShared: true)
        }
    }

    private mutating func ask(_ key: SessionKey) {
        if let grant = book.take(key) { return granted(grant, key) }
        nextTicket += 1
        if book.wait(for: key, ticket: nextTicket) {
            waiting[nextTicket] = key
        } else if waiting.count != limits.waiting {
            faults.append("refused with room in the queue")
        }
    }

    private mutating func granted(_ grant: Book.Grant, _ key: SessionKey) {
        switch grant {
        case .reuse(let session):
            if idle.removeValue(forKey: session) != key || key.isShared {
                faults.append("\(session) was not idle for \(key)")
            }
            lent.append((session, key))
        case .open(let victim):
            if let victim { ended(victim) }
            nextSession += 1
            lent.append((nextSession, key))
        }
    }

    /// Returns the key of what has left the book.
    @discardableResult
    private mutating func ended(_ victim: Book.Ended) -> SessionKey? {
        switch victim {
        case .idle(let session):
            guard let key = idle.removeValue(forKey: session) else {
                faults.append("\(session) closed, not idle"); return nil
            }
            return key
        case .shared(let session):
            guard let entry = shared.removeValue(forKey: session.id), entry.users == 0 else {
                faults.append("\(session.id) closed in use")
                return nil
            }
            if session.use.begin() { faults.append("joined what was retired") }
            return entry.key
        }
    }

    private mutating func serve(after key: SessionKey? = nil) {
        for served in book.serve(after: key) {
            guard let key = waiting.removeValue(forKey: served.ticket) else { faults.append("nobody waits"); continue }
            granted(served.grant, key)
        }
    }

    private mutating func giveBack(isBroken: Bool) {
        guard !lent.isEmpty else { return }
        let (session, key) = lent.remove(at: Int.random(in: 0..<lent.count, using: &random))
        if isBroken {
            book.free(key)
        } else if key.isShared {
            let opened = FakeShared(id: session)
            _ = opened.use.begin()
            shared[session] = (opened, key, 1)
            book.share(opened, key)
        } else {
            idle[session] = key
            book.putBack(session, key, now: Deadline.now.nanoseconds)
        }
        serve(after: isBroken ? nil : key)
    }

    private mutating func beginUse() {
        guard let id = shared.keys.sorted().randomElement(using: &random), let entry = shared[id] else { return }
        if entry.session.use.begin() {
            shared[id]?.users += 1
        } else {
            faults.append("\(id) is retired, yet on the book")
        }
    }

    private mutating func endUse() {
        guard let id = shared.keys.sorted().first(where: { shared[$0]?.users ?? 0 > 0 }), let entry = shared[id] else {
            return
        }
        shared[id]?.users -= 1
        if entry.session.use.end() != (entry.users == 1) { faults.append("\(id) miscounts its users") }
        if entry.users == 1 { serve() }
    }

    private mutating func breakShared() {
        guard let id = shared.keys.sorted().randomElement(using: &random), let entry = shared.removeValue(forKey: id)
        else { return }
        book.withdraw(entry.session.use)
        book.withdraw(entry.session.use)
        serve()
    }

    private mutating func abandon() {
        guard let ticket = waiting.keys.sorted().randomElement(using: &random) else { return }
        guard let key = waiting.removeValue(forKey: ticket) else { return }
        if !book.abandon(ticket: ticket, key) { faults.append("\(ticket) was in line") }
        if book.abandon(ticket: ticket, key) { faults.append("\(ticket) left twice") }
    }

    /// Of one principal or the server; of all where there is no argument.
    private mutating func takeIdle(of role: String?? = .none) {
        for (key, session) in book.takeIdle({ key, _ in role.map { $0 == key.kind.role } ?? true }) {
            if ended(session) != key { faults.append("another key") }
            closing.append(key)
        }
    }

    private mutating func close() {
        guard let key = closing.popLast() else { return }
        book.free(key)
        serve()
    }

    // MARK: Laws

    func brokenLaws() -> [String] {
        var broken = faults
        let all = lent.map(\.key) + idle.values + shared.values.map(\.key) + closing
        let principals = all.filter { $0.kind.role != nil }
        let counts = book.counts
        if all.count > limits.total { broken.append("over the total") }
        if principals.count > limits.total - limits.reserved { broken.append("principals over their cap") }
        for role in ["a", "b", "c", "d"] where all.count(where: { $0.kind.role == role }) > limits.perRole {
            broken.append("\(role) over its cap")
        }
        let expected = SessionCounts(
            open: all.count, principals: principals.count, idle: idle.count, shared: shared.count,
            waiting: waiting.count)
        if counts != expected { broken.append("counts \(counts), not \(expected)") }
        if all.count - principals.count < limits.reserved {
            var copy = book
            if copy.take(SessionKey(kind: .warehouse, loop: 9)) == nil {
                broken.append("no room in the server's reserve")
            }
        }
        for (ticket, key) in waiting where mustFit(key, all, principals) {
            broken.append("\(ticket) waits for \(key), which could be had")
        }
        return broken
    }

    /// Whether `key` can be given something, said anew without regard for how the book finds out.
    private func mustFit(_ key: SessionKey, _ all: [SessionKey], _ principals: [SessionKey]) -> Bool {
        func fits(without victim: SessionKey?) -> Bool {
            let gone = victim == nil ? 0 : 1
            guard all.count - gone < limits.total else { return false }
            guard let role = key.kind.role else { return true }
            let ofPrincipals = principals.count - (victim?.kind.role == nil ? 0 : 1)
            let ofRole = all.count { $0.kind.role == role } - (victim?.kind.role == role ? 1 : 0)
            return ofPrincipals < limits.total - limits.reserved && ofRole < limits.perRole
        }
        let unused = idle.values + shared.values.filter { $0.users == 0 }.map(\.key)
        return fits(without: nil) || unused.contains { fits(without: $0) }
    }
}
