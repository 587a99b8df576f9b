internal import CPQ
internal import EventLoop

/// Asks the server to cancel whatever a session is running, from outside the session.
// @unchecked: the `PGcancel` is never changed after creation, and `PQcancel` is documented safe on any thread.
final class Canceller: @unchecked Sendable {
    private let raw: OpaquePointer
    private let pool: BlockingPool

    init?(of connection: OpaquePointer, pool: BlockingPool) {
        guard let raw = PQgetCancel(connection) else { return nil }
        self.raw = raw
        self.pool = pool
    }

    deinit { PQfreeCancel(raw) }

    /// Returns once the server has signalled the backend, so that the cancellation cannot hit a later statement.
    ///
    /// `PQcancel` blocks in connect(2), hence the pool.
    func cancel() async throws(PostgresError) {
        let problem: String?
        do {
            problem = try await pool.run { [self] in
                var text = [CChar](repeating: 0, count: 256)
                if PQcancel(raw, &text, CInt(text.count)) == 1 { return nil }
                return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        } catch {
            throw PostgresError(code: .saturated, message: "no thread for a cancel request: \(error)")
        }
        if let problem { throw PostgresError(code: .connectionFailed, message: ResultHandle.trimmed(problem)) }
    }
}
