internal import Glibc

/// Readiness of one non-blocking descriptor, awaited on a loop.
///
/// Use it as: try the call; when it would block, `await readable()` (or `writable()`), and try again. Registered with
/// epoll at the first wait, edge-triggered in both directions; an edge that arrives while nobody waits is kept, so none is
/// lost between the call that would have blocked and the wait. A return is a hint: the call may block again.
///
/// One waiter per direction. Everything but `init` and `close` is called on the loop's thread.
// @unchecked: all variables are touched on the loop's thread only (checked at each entry), except in `init` and `deinit`.
public final class FileDescriptorSource: @unchecked Sendable {
    public let loop: EventLoop
    /// The descriptor, -1 once closed.
    public private(set) var descriptor: Int32
    private let ownsDescriptor: Bool

    private var token: UInt64?
    private var input = WaitingSide()
    private var output = WaitingSide()
    private var nextTicket: UInt64 = 0
    /// One timer for both sides, left armed when a wait ends early: the next wait of a longer deadline costs nothing.
    private var timer: TimerNode?
    private var onHangup: (@Sendable () -> Void)?
    private var onClose: (@Sendable () -> Void)?
    /// Whether the peer has shut down its sending side, or the connection broke. Known once registered.
    public private(set) var peerFinished = false

    private enum Direction: Sendable { case input, output }

    /// How a wait has ended.
    public enum Outcome: Sendable { case ready, timedOut, closed, cancelled }

    private static let interest = Epoll.input | Epoll.output | Epoll.peerFinished | Epoll.edge

    /// - Parameters:
    ///   - fd: A descriptor in non-blocking mode.
    ///   - ownsDescriptor: Whether `close()` also closes the descriptor; `false` when a library (libpq) does.
    public init(fd: Int32, loop: EventLoop, ownsDescriptor: Bool = true) {
        self.descriptor = fd
        self.loop = loop
        self.ownsDescriptor = ownsDescriptor
    }

    /// Reached only when closed or not registered, since the loop keeps what is registered.
    deinit {
        guard descriptor >= 0 else { return }
        if ownsDescriptor { Glibc.close(descriptor) }
        onClose?()
    }

    public var isClosed: Bool { descriptor < 0 }

    // MARK: Waiting

    /// Returns when reading may have become possible, or has failed, which the next read will say.
    ///
    /// Throws `.timedOut`, `.closed` when closed meanwhile, `.cancelled`, or `.system` if epoll refuses the descriptor.
    public func readable(before deadline: Deadline = .never) async throws(IOError) {
        loop.checkInLoop()
        if input.takeReadiness() { return }
        try await wait(.input, deadline, "readable")
    }

    /// Returns when writing may have become possible, or has failed, which the next write will say. Throws as `readable`.
    public func writable(before deadline: Deadline = .never) async throws(IOError) {
        loop.checkInLoop()
        if output.takeReadiness() { return }
        try await wait(.output, deadline, "writable")
    }

    /// Calls `handler` once: when reading may have become possible, when `deadline` has passed, or when this is closed.
    /// From the loop's dispatch, so a task is spared two jobs; it must not block.
    ///
    /// - Returns: `false`: reading may be possible now, and `handler` is not called.
    /// - Throws: `.closed`, or `.system` if epoll refuses the descriptor.
    public func whenReadable(
        before deadline: Deadline, _ handler: @escaping @Sendable (Outcome) -> Void
    ) throws(IOError) -> Bool {
        loop.checkInLoop()
        guard !isClosed, !loop.isStopping else { throw IOError(.closed, operation: "readable") }
        if token == nil { try register() }
        if input.takeReadiness() { return false }
        nextTicket &+= 1
        keep(WaitingSide.Waiter(ticket: nextTicket, wake: .call(handler), deadline: deadline), .input)
        return true
    }

    /// As `readable(before:)` with a time from now.
    public func readable(timeout: Duration) async throws(IOError) {
        try await readable(before: .after(timeout))
    }

    /// As `writable(before:)` with a time from now.
    public func writable(timeout: Duration) async throws(IOError) {
        try await writable(before: .after(timeout))
    }

    /// Forgets kept input readiness. Called just before a read that will tell anew, it saves one useless round.
    public func clearReadable() {
        _ = input.takeReadiness()
    }

    /// Forgets kept output readiness; see `clearReadable`.
    public func clearWritable() {
        _ = output.takeReadiness()
    }

    /// Makes epoll report the present readiness again.
    ///
    /// For callers that do not read until the call would block (libpq stops earlier): without it, what is left in the
    /// socket makes no new edge. One system call. On the loop's thread.
    public func rearm() throws(IOError) {
        loop.checkInLoop()
        guard let token else { return try register() }
        try loop.poller.modify(descriptor, events: FileDescriptorSource.interest, token: token)
    }

    /// Calls `handler` once when the peer finishes sending or the connection breaks; `nil` takes it back.
    ///
    /// Lets a server end work nobody waits for any more. Called from the loop's dispatch: it must not block; called at
    /// the next tick if it has happened already.
    public func setHangupHandler(_ handler: (@Sendable () -> Void)?) throws(IOError) {
        loop.checkInLoop()
        onHangup = handler
        guard handler != nil, !isClosed else { return }
        if token == nil { try register() }
        if peerFinished { loop.onTickEnd { self.reportHangup() } }
    }

    /// Calls `handler` once, when this source is closed or freed; not always on the loop's thread.
    func setCloseHandler(_ handler: @escaping @Sendable () -> Void) {
        onClose = handler
    }

    // MARK: Changing and closing

    /// Moves to another descriptor, as when libpq tries the next address. Kept readiness is forgotten; waits go on.
    public func rebind(fd: Int32) throws(IOError) {
        loop.checkInLoop()
        precondition(!ownsDescriptor, "only a descriptor that someone else owns can be exchanged")
        deregister()
        descriptor = fd
        clearReadable()
        clearWritable()
        peerFinished = false
        if input.waiter != nil || output.waiter != nil {
            try register()
        } else if let timer {
            // Unregistered, the loop no longer keeps this object, so its timer must not outlive it.
            loop.timers.remove(timer)
        }
    }

    /// Ends every wait with `.closed`, forgets the descriptor and closes it if owned. Again: no effect.
    ///
    /// Callable from any thread; from another one it takes effect at the loop's next tick.
    public func close() {
        loop.execute { self.closeInLoop() }
    }

    private func closeInLoop() {
        guard descriptor >= 0 else { return }
        deregister()
        if ownsDescriptor { Glibc.close(descriptor) }
        descriptor = -1
        if let timer { loop.timers.remove(timer) }
        timer = nil
        onHangup = nil
        resolve(.input, .closed)
        resolve(.output, .closed)
        onClose?()
        onClose = nil
    }

    // MARK: Inside

    /// The cancellation handler's closure stays on the caller's actor only if it captures `isolation`: otherwise a task
    /// without a preference for the loop (any test) would leave its thread here.
    private func wait(
        _ direction: Direction, _ deadline: Deadline, _ operation: String,
        isolation: isolated (any Actor)? = #isolation
    ) async throws(IOError) {
        guard !isClosed, !loop.isStopping else { throw IOError(.closed, operation: operation) }
        if token == nil { try register() }
        nextTicket &+= 1
        let ticket = nextTicket
        let outcome = await withTaskCancellationHandler {
            _ = isolation
            return await withUnsafeContinuation { continuation in
                let waiter = WaitingSide.Waiter(ticket: ticket, wake: .task(continuation), deadline: deadline)
                self.park(waiter, direction)
            }
        } onCancel: {
            self.loop.execute { self.resolve(direction, .cancelled, ticket: ticket) }
        }
        switch outcome {
        case .ready: return
        case .timedOut: throw IOError(.timedOut, operation: operation)
        case .closed: throw IOError(.closed, operation: operation)
        case .cancelled: throw IOError(.cancelled, operation: operation)
        }
    }

    /// Leaves the waiter to the next event, unless what it waits for has happened on the way here.
    private func park(_ waiter: WaitingSide.Waiter, _ direction: Direction) {
        loop.checkInLoop()
        // An already cancelled task has had its handler called before there was a waiter to find.
        if isClosed { return waiter.resume(.closed) }
        if Task.isCancelled { return waiter.resume(.cancelled) }
        if takeReadiness(direction) { return waiter.resume(.ready) }
        keep(waiter, direction)
    }

    private func keep(_ waiter: WaitingSide.Waiter, _ direction: Direction) {
        switch direction {
        case .input: input.keep(waiter)
        case .output: output.keep(waiter)
        }
        if waiter.deadline != .never { armTimer(waiter.deadline) }
    }

    private func takeReadiness(_ direction: Direction) -> Bool {
        switch direction {
        case .input: input.takeReadiness()
        case .output: output.takeReadiness()
        }
    }

    private func armTimer(_ deadline: Deadline) {
        let timer: TimerNode
        if let armed = self.timer {
            if armed.isArmed, armed.deadline <= deadline { return }
            timer = armed
        } else {
            timer = TimerNode(action: { [unowned self] in deadlinePassed() })
            self.timer = timer
        }
        loop.timers.arm(timer, at: deadline)
    }

    private func deadlinePassed() {
        let now = Deadline.now
        if let waiter = input.waiter, waiter.deadline <= now { resolve(.input, .timedOut) }
        if let waiter = output.waiter, waiter.deadline <= now { resolve(.output, .timedOut) }
        let next = min(input.waiter?.deadline ?? .never, output.waiter?.deadline ?? .never)
        if next != .never { armTimer(next) }
    }

    /// Ends the wait in `direction`, if there is one and, when given, it is the one of `ticket`.
    private func resolve(_ direction: Direction, _ outcome: Outcome, ticket: UInt64? = nil) {
        let waiter =
            switch direction {
            case .input: input.takeWaiter(ticket)
            case .output: output.takeWaiter(ticket)
            }
        // Not before the side has let go of it: the waiter may wait again at once.
        waiter?.resume(outcome)
    }

    private func register() throws(IOError) {
        guard !isClosed, !loop.isStopping else { throw IOError(.closed, operation: "register") }
        token = try loop.register(self, for: FileDescriptorSource.interest, on: descriptor)
    }

    private func deregister() {
        guard let token else { return }
        loop.deregister(token, of: descriptor)
        self.token = nil
    }

    private func reportHangup() {
        guard let handler = onHangup else { return }
        onHangup = nil
        handler()
    }
}

extension FileDescriptorSource: EventHandler {
    func handle(events: UInt32) {
        let broken = events & (Epoll.hangup | Epoll.error) != 0
        // First: whoever reads below has to know that no later edge will tell.
        let isFinished = broken || events & Epoll.peerFinished != 0
        if isFinished { peerFinished = true }
        if broken || events & (Epoll.input | Epoll.peerFinished) != 0 {
            if !input.keepReadiness() { resolve(.input, .ready) }
        }
        if broken || events & Epoll.output != 0 {
            if !output.keepReadiness() { resolve(.output, .ready) }
        }
        if isFinished { reportHangup() }
    }

    func loopStops() {
        closeInLoop()
    }
}
