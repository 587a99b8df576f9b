internal import CLinux
internal import Glibc

/// Starts a detached thread that takes no asynchronous signals, so they go to the main thread or a `SignalSource`.
func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(IOError) {
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))

    // The new thread inherits the mask; blocking it inside would leave a moment in which a signal lands there.
    var mask = sigset_t()
    clinux_block_async_signals(&mask, UInt(MemoryLayout<sigset_t>.size))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { argument in
            guard let argument else { return nil }
            let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
            clinux_name_thread(start.name)
            start.body()
            return nil
        }, start.toOpaque())
    clinux_restore_signals(&mask)
    guard code == 0 else {
        start.release()
        throw IOError(.system, operation: "pthread_create", errno: code)
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
