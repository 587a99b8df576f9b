#if SANITIZE_THREAD
    internal import Glibc
#else
    public import Synchronization
#endif

/// A value that one thread at a time may touch, for a moment.
///
/// A `Mutex`; under the thread sanitizer a pthread mutex, because the contended path of `Mutex` is code of the standard
/// library that the sanitizer does not see, so it takes what two threads do under one lock for a race (the program that
/// shows it: docs/decisions/0005).
#if SANITIZE_THREAD
    // @unchecked: `value` is touched only while the pthread mutex is held.
    public final class Locked<Value>: @unchecked Sendable {
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private var value: Value

        public init(_ value: consuming sending Value) {
            self.value = value
            mutex = .allocate(capacity: 1)
            pthread_mutex_init(mutex, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }

        /// Runs `body`, which must not wait, with the lock held.
        public func withLock<Result, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return try body(&value)
        }
    }
#else
    /// The same over the standard library's `Mutex`.
    public struct Locked<Value>: ~Copyable, Sendable {
        @usableFromInline let mutex: Mutex<Value>

        @inlinable public init(_ value: consuming sending Value) {
            mutex = Mutex(value)
        }

        /// Runs `body`, which must not wait, with the lock held.
        @inlinable public borrowing func withLock<Result, Failure: Error>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            try mutex.withLock(body)
        }
    }
#endif
