/// What an epoll registration reports to. Called on the loop's thread only.
protocol EventHandler: AnyObject {
    /// `events` are `EPOLL…` bits. Must not block.
    func handle(events: UInt32)
    /// The loop stops: close, and end every wait.
    func loopStops()
}

/// The epoll registrations of one loop, found by a token that a reused slot does not share with its last owner, so an
/// event already fetched for a handler that went away reaches nobody.
struct HandlerTable {
    private var handlers: [(any EventHandler)?] = []
    private var generations: [UInt32] = []
    private var free: [UInt32] = []

    mutating func insert(_ handler: any EventHandler) -> UInt64 {
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
            handlers[Int(slot)] = handler
        } else {
            slot = UInt32(handlers.count)
            handlers.append(handler)
            generations.append(0)
        }
        return UInt64(generations[Int(slot)]) << 32 | UInt64(slot)
    }

    subscript(token: UInt64) -> (any EventHandler)? {
        let slot = Int(UInt32(truncatingIfNeeded: token))
        guard slot < handlers.count, generations[slot] == UInt32(token >> 32) else { return nil }
        return handlers[slot]
    }

    mutating func remove(_ token: UInt64) {
        guard self[token] != nil else { return }
        let slot = Int(UInt32(truncatingIfNeeded: token))
        handlers[slot] = nil
        generations[slot] &+= 1
        free.append(UInt32(slot))
    }

    var all: [any EventHandler] { handlers.compactMap { $0 } }
}
