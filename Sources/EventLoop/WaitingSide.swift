/// One direction of a descriptor: an edge that came while nobody waited, or the one who waits for the next.
struct WaitingSide {
    /// Who waits, and until when.
    struct Waiter {
        /// Tells this wait from later ones of the same direction.
        var ticket: UInt64
        var wake: Wake
        var deadline: Deadline

        func resume(_ outcome: FileDescriptorSource.Outcome) {
            switch wake {
            case .task(let continuation): continuation.resume(returning: outcome)
            case .call(let handler): handler(outcome)
            }
        }
    }

    /// How the end of a wait is told.
    enum Wake {
        case task(UnsafeContinuation<FileDescriptorSource.Outcome, Never>)
        case call(@Sendable (FileDescriptorSource.Outcome) -> Void)
    }

    private var isReady = false
    private(set) var waiter: Waiter?

    /// Keeps an edge for the next wait; `false` when somebody waits already, who is to be told.
    mutating func keepReadiness() -> Bool {
        guard waiter == nil else { return false }
        isReady = true
        return true
    }

    /// Whether an edge was kept. It is kept no longer.
    mutating func takeReadiness() -> Bool {
        defer { isReady = false }
        return isReady
    }

    mutating func keep(_ waiter: Waiter) {
        precondition(self.waiter == nil, "two waits for one direction of one descriptor")
        self.waiter = waiter
    }

    /// Who waits, if it is by `ticket` (`nil`: whoever it is). Nobody waits from here on.
    mutating func takeWaiter(_ ticket: UInt64?) -> Waiter? {
        guard let waiter, ticket == nil || waiter.ticket == ticket else { return nil }
        self.waiter = nil
        return waiter
    }
}
