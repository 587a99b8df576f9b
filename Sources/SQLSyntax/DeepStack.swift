internal import Glibc

/// Runs recursive C code on a thread of its own with a stack of known size.
enum DeepStack {
    /// Returns what `body` returns, or `nil` when the system grants no further thread. Blocks until then.
    static func run<Result: Sendable>(stackBytes: Int, _ body: @escaping @Sendable () -> Result) -> Result? {
        let call = Call(body)
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return nil }
        defer { pthread_attr_destroy(&attributes) }
        guard pthread_attr_setstacksize(&attributes, stackBytes) == 0 else { return nil }
        let argument = Unmanaged.passRetained(call as AnyCall)
        var thread = pthread_t()
        let started = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<AnyCall>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, argument.toOpaque())
        defer { argument.release() }
        guard started == 0, pthread_join(thread, nil) == 0 else { return nil }
        return call.result
    }

    /// Erases the result's type: a C function pointer cannot be generic.
    private class AnyCall {
        func run() {}
    }

    private final class Call<Result: Sendable>: AnyCall {
        private let body: @Sendable () -> Result
        /// Written by the thread, read after it was joined.
        private(set) var result: Result?

        init(_ body: @escaping @Sendable () -> Result) {
            self.body = body
        }

        override func run() { result = body() }
    }
}
