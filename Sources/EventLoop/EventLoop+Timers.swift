/// Takes back a callback that `EventLoop.schedule` promised.
// @unchecked: `node` belongs to the loop's thread; cancelling from elsewhere goes there first.
public struct TimerHandle: @unchecked Sendable {
    fileprivate let loop: EventLoop
    fileprivate let node: TimerNode

    /// Prevents the callback if it has not begun. From another thread it takes effect at that loop's next tick.
    public func cancel() {
        let (loop, handle) = (loop, self)
        loop.execute { loop.timers.remove(handle.node) }
    }
}

extension EventLoop {
    /// Calls `body` on the loop's thread once `delay` has passed, within about a millisecond after it.
    ///
    /// A loop that stops first drops the callback. From any thread. O(log n) in the loop's pending timers.
    @discardableResult
    public func schedule(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> TimerHandle {
        let handle = TimerHandle(loop: self, node: TimerNode(action: body))
        let deadline = Deadline.after(delay)
        execute {
            guard !self.isStopping else { return }
            self.timers.arm(handle.node, at: deadline)
        }
        return handle
    }

    /// Suspends for `duration`, by a timer of this loop.
    ///
    /// Throws when the task is cancelled or the loop stops. From any thread.
    public func sleep(for duration: Duration) async throws(CancellationError) {
        let sleeper = Sleeper(loop: self, deadline: .after(duration))
        let completed = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                self.execute { sleeper.begin(continuation) }
            }
        } onCancel: {
            self.execute { sleeper.end(completed: false) }
        }
        if !completed { throw CancellationError() }
    }
}

/// One sleeping task. Cancellation may come before the sleep has begun.
// @unchecked: touched on the loop's thread only.
private final class Sleeper: @unchecked Sendable {
    private let loop: EventLoop
    private let deadline: Deadline
    private var continuation: UnsafeContinuation<Bool, Never>?
    private var timer: TimerNode?
    private var isCancelled = false

    init(loop: EventLoop, deadline: Deadline) {
        self.loop = loop
        self.deadline = deadline
    }

    func begin(_ continuation: UnsafeContinuation<Bool, Never>) {
        loop.checkInLoop()
        guard !isCancelled, !loop.isStopping else { return continuation.resume(returning: false) }
        self.continuation = continuation
        let timer = TimerNode(
            action: { self.end(completed: true) },
            abandoned: { self.end(completed: false) })
        self.timer = timer
        loop.timers.arm(timer, at: deadline)
    }

    func end(completed: Bool) {
        loop.checkInLoop()
        if !completed { isCancelled = true }
        if let timer { loop.timers.remove(timer) }
        timer = nil
        continuation?.resume(returning: completed)
        continuation = nil
    }
}
