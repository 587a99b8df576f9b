/// Who has which session, who waits, what is idle: decisions only. `Session` is opaque here, so tests need no database.
struct SessionBook<Session: Sendable>: Sendable {
    /// Sessions cannot leave their event loop, so what is idle on one is no help on another.
    struct Key: Hashable, Sendable {
        var kind: SessionKind
        var loop: Int
    }

    enum Grant {
        case reuse(Session)
        /// Open a new one; the slot is taken already.
        case open
    }

    private struct Idle: Sendable {
        var session: Session
        var key: Key
        var since: ContinuousClock.Instant
    }

    private struct Waiter: Sendable {
        var ticket: Int
        var key: Key
    }

    let limits: SessionLimits
    /// Least recently used first.
    private var idle: [Idle] = []
    private var waiters: [Waiter] = []
    private var nextTicket = 0
    /// Open or being opened, of all kinds and by principal.
    private(set) var open = 0
    private var openByRole: [String: Int] = [:]

    init(limits: SessionLimits) {
        self.limits = limits
    }

    var waiting: Int { waiters.count }
    var idleCount: Int { idle.count }

    /// A session for `key` that can be had at once, and one to close for it; `nil`: the caller has to wait.
    mutating func take(_ key: Key) -> (grant: Grant, closing: Session?)? {
        if let position = idle.lastIndex(where: { $0.key == key }) {
            return (.reuse(idle.remove(at: position).session), nil)
        }
        if hasRoom(for: key) {
            count(key, 1)
            return (.open, nil)
        }
        guard let victim = victim(for: key) else { return nil }
        count(victim.key, -1)
        count(key, 1)
        return (.open, victim.session)
    }

    /// A caller for whom there is nothing now queues; `nil`: the queue is full.
    mutating func wait(for key: Key) -> Int? {
        guard waiters.count < limits.waiting else { return nil }
        nextTicket += 1
        waiters.append(Waiter(ticket: nextTicket, key: key))
        return nextTicket
    }

    /// A session comes back. `nil` in `session`: it is closed, its slot is free.
    ///
    /// - Returns: The waiter who gets it or its slot, and a session to close for that.
    mutating func release(
        _ session: Session?, _ key: Key, now: ContinuousClock.Instant
    ) -> (ticket: Int, grant: Grant, closing: Session?)? {
        if let session, let position = waiters.firstIndex(where: { $0.key == key }) {
            return (waiters.remove(at: position).ticket, .reuse(session), nil)
        }
        if let session { idle.append(Idle(session: session, key: key, since: now)) } else { count(key, -1) }
        for (position, waiter) in waiters.enumerated() {
            if hasRoom(for: waiter.key) {
                waiters.remove(at: position)
                count(waiter.key, 1)
                return (waiter.ticket, .open, nil)
            }
            if let victim = victim(for: waiter.key) {
                waiters.remove(at: position)
                count(victim.key, -1)
                count(waiter.key, 1)
                return (waiter.ticket, .open, victim.session)
            }
        }
        return nil
    }

    /// A caller stops waiting. `false`: it has been granted something meanwhile.
    mutating func abandon(ticket: Int) -> Bool {
        guard let position = waiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiters.remove(at: position)
        return true
    }

    /// Idle sessions unused since before `moment`, or all of `role`; their slots are free from here on.
    mutating func takeIdle(since moment: ContinuousClock.Instant? = nil, role: String? = nil) -> [Session] {
        let taken = idle.filter { entry in
            if let role { return entry.key.kind.role == role }
            return moment.map { entry.since < $0 } ?? true
        }
        idle.removeAll { entry in
            if let role { return entry.key.kind.role == role }
            return moment.map { entry.since < $0 } ?? true
        }
        for entry in taken { count(entry.key, -1) }
        return taken.map(\.session)
    }

    private func hasRoom(for key: Key) -> Bool {
        guard let role = key.kind.role else { return open < limits.total }
        return open < limits.total - limits.reserved && openByRole[role, default: 0] < limits.perRole
    }

    /// Takes the least recently used idle session whose end makes room for `key`.
    private mutating func victim(for key: Key) -> Idle? {
        let isFull = key.kind.role.map { openByRole[$0, default: 0] >= limits.perRole } ?? false
        let position = isFull ? idle.firstIndex { $0.key.kind.role == key.kind.role } : idle.indices.first
        return position.map { idle.remove(at: $0) }
    }

    private mutating func count(_ key: Key, _ difference: Int) {
        open += difference
        guard let role = key.kind.role else { return }
        let count = openByRole[role, default: 0] + difference
        openByRole[role] = count == 0 ? nil : count
    }
}
