/// Who has which session, who waits, what is idle: decisions only. Sessions are opaque here, so tests need no database.
///
/// Principals' sessions never number more than `total - reserved`, so the server always gets its reserve.
struct SessionBook<Session: Sendable, Shared: SharedSession>: Sendable {
    /// A session that was taken off the book, to be closed.
    enum Ended: Sendable {
        case idle(Session)
        case shared(Shared)
    }

    enum Grant: Sendable {
        case reuse(Session)
        /// Open a new one, after closing the one whose slot it takes; the slot is counted already.
        case open(closing: Ended?)
    }

    private struct Idle: Sendable {
        var session: Session
        var key: SessionKey
        var since: Int64
    }

    private struct SharedEntry: Sendable {
        var session: Shared
        var key: SessionKey
    }

    /// Grants in a row that may go to a caller who fits the session at hand while others have waited longer: opening
    /// another session for them costs milliseconds, but they must not starve.
    static var maxJumps: Int { 8 }

    let limits: SessionLimits
    /// Least recently used first.
    private var idle: [Idle] = []
    private var shared: [SharedEntry] = []
    private var lines = WaitingLines()
    private var jumps = 0
    /// Open, being opened or being closed: of all, of principals, and of each principal.
    private var open = 0
    private var openOfPrincipals = 0
    private var openByRole: [String: Int] = [:]

    init(limits: SessionLimits) {
        self.limits = limits
    }

    var counts: SessionCounts {
        SessionCounts(
            open: open, principals: openOfPrincipals, idle: idle.count, shared: shared.count, waiting: lines.count)
    }

    // MARK: Taking

    /// What `key` can have at once; `nil`: the caller has to wait.
    mutating func take(_ key: SessionKey) -> Grant? {
        if !key.isShared, let position = idle.lastIndex(where: { $0.key == key }) {
            return .reuse(idle.remove(at: position).session)
        }
        if hasRoom(for: key) {
            count(key, 1)
            return .open(closing: nil)
        }
        guard let victim = takeVictim(for: key) else { return nil }
        count(victim.key, -1)
        count(key, 1)
        return .open(closing: victim.session)
    }

    /// Queues a caller for whom there is nothing now; `false`: the queue is full.
    mutating func wait(for key: SessionKey, ticket: Int) -> Bool {
        guard lines.count < limits.waiting else { return false }
        lines.append(WaitingLines.Waiter(ticket: ticket, key: key))
        return true
    }

    /// A caller stops waiting. `false`: it has been granted something meanwhile.
    mutating func abandon(ticket: Int, _ key: SessionKey) -> Bool {
        lines.remove(ticket: ticket, of: key)
    }

    mutating func abandonAll() {
        lines.removeAll()
    }

    // MARK: Giving back; each is followed by `serve`

    /// A session comes back in good order. `now` in nanoseconds of the monotonic clock.
    mutating func putBack(_ session: Session, _ key: SessionKey, now: Int64) {
        idle.append(Idle(session: session, key: key, since: now))
    }

    /// A session has been closed, or could not be opened.
    mutating func free(_ key: SessionKey) {
        count(key, -1)
    }

    /// A session that was opened for `key` is shared from here on; it makes room whenever nobody uses it.
    mutating func share(_ session: Shared, _ key: SessionKey) {
        shared.append(SharedEntry(session: session, key: key))
    }

    /// A shared session has broken. Its slot is free unless it has been taken away already.
    mutating func withdraw(_ use: SharedUse) {
        guard let position = shared.firstIndex(where: { $0.session.use === use }) else { return }
        count(shared.remove(at: position).key, -1)
    }

    /// Gives what there is to those who wait.
    ///
    /// - Parameter key: Of the session that has just come back, whose next user is looked for among its equals first.
    mutating func serve(after key: SessionKey? = nil) -> [(ticket: Int, grant: Grant)] {
        guard lines.count > 0 else { return [] }
        var served: [(ticket: Int, grant: Grant)] = []
        if let key, let next = serveEqual(key) { served.append(next) }
        while let next = serveOldest() { served.append(next) }
        return served
    }

    private mutating func serveEqual(_ key: SessionKey) -> (ticket: Int, grant: Grant)? {
        guard jumps < Self.maxJumps, idle.contains(where: { $0.key == key }), let waiter = lines.first(of: key),
            let grant = take(key)
        else { return nil }
        jumps = waiter.ticket == lines.oldest ? 0 : jumps + 1
        lines.remove(ticket: waiter.ticket, of: key)
        return (waiter.ticket, grant)
    }

    private mutating func serveOldest() -> (ticket: Int, grant: Grant)? {
        var isShutForPrincipals = false
        for head in lines.heads {
            // Principals below their own cap all need the same: when one gets nothing, none does.
            let isOrdinary = head.key.kind.role.map { !isFull($0) } ?? false
            if isOrdinary, isShutForPrincipals { continue }
            guard let grant = take(head.key) else {
                if isOrdinary { isShutForPrincipals = true }
                continue
            }
            lines.remove(ticket: head.ticket, of: head.key)
            jumps = 0
            return (head.ticket, grant)
        }
        return nil
    }

    // MARK: Housekeeping

    /// Takes unused sessions that `isTaken` names by key and by the moment of last use (nanoseconds of the monotonic
    /// clock). Their slots are not free until `free`, once each is closed.
    mutating func takeIdle(_ isTaken: (SessionKey, Int64) -> Bool) -> [(key: SessionKey, session: Ended)] {
        var taken: [(key: SessionKey, session: Ended)] = []
        idle.removeAll { entry in
            guard isTaken(entry.key, entry.since) else { return false }
            taken.append((entry.key, .idle(entry.session)))
            return true
        }
        shared.removeAll { entry in
            guard let since = entry.session.use.idleSince, isTaken(entry.key, since), entry.session.use.retire() else {
                return false
            }
            taken.append((entry.key, .shared(entry.session)))
            return true
        }
        return taken
    }

    // MARK: Room

    private func isFull(_ role: String) -> Bool { openByRole[role, default: 0] >= limits.perRole }

    private var principalsAreFull: Bool { openOfPrincipals >= limits.total - limits.reserved }

    private func hasRoom(for key: SessionKey) -> Bool {
        guard open < limits.total else { return false }
        guard let role = key.kind.role else { return true }
        return !principalsAreFull && !isFull(role)
    }

    /// Whether the end of `victim` makes room for `key`: at a cap, only what counts towards that cap does.
    private func makesRoom(_ victim: SessionKey, for key: SessionKey) -> Bool {
        guard let role = key.kind.role else { return true }
        if isFull(role) { return victim.kind.role == role }
        return !principalsAreFull || victim.kind.role != nil
    }

    /// Takes the least recently used session that nobody uses and whose end makes room for `key`.
    private mutating func takeVictim(for key: SessionKey) -> (key: SessionKey, session: Ended)? {
        let oldest = idle.firstIndex { makesRoom($0.key, for: key) }
        // Again when one came into use at this very moment; the end of that use asks anew.
        for _ in shared.indices {
            guard let (position, since) = oldestShared(makingRoomFor: key) else { break }
            if let oldest, idle[oldest].since <= since { break }
            guard shared[position].session.use.retire() else { continue }
            let entry = shared.remove(at: position)
            return (entry.key, .shared(entry.session))
        }
        guard let oldest else { return nil }
        let entry = idle.remove(at: oldest)
        return (entry.key, .idle(entry.session))
    }

    private func oldestShared(makingRoomFor key: SessionKey) -> (position: Int, since: Int64)? {
        var found: (position: Int, since: Int64)?
        for (position, entry) in shared.enumerated() where makesRoom(entry.key, for: key) {
            guard let since = entry.session.use.idleSince else { continue }
            if found.map({ since < $0.since }) ?? true { found = (position, since) }
        }
        return found
    }

    private mutating func count(_ key: SessionKey, _ difference: Int) {
        open += difference
        guard let role = key.kind.role else { return }
        openOfPrincipals += difference
        let count = openByRole[role, default: 0] + difference
        openByRole[role] = count == 0 ? nil : count
    }
}
