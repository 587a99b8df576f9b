extension EventLoop {
    /// Tells `handler` of `events` on a descriptor until ``deregister(_:of:)``. On the loop's thread only.
    ///
    /// - Returns: What it is known by.
    /// - Throws: `.system` when the kernel has no memory or watch left; `handler` is told nothing then.
    func register(
        _ handler: any EventHandler, for events: UInt32, on descriptor: Int32
    ) throws(IOError) -> UInt64 {
        let token = handlers.insert(handler)
        do throws(IOError) { try poller.add(descriptor, events: events, token: token) } catch {
            handlers.remove(token)
            throw error
        }
        return token
    }

    /// Takes back a registration. The descriptor must still be open. On the loop's thread only.
    func deregister(_ token: UInt64, of descriptor: Int32) {
        poller.remove(descriptor)
        handlers.remove(token)
    }
}
