internal import CPQ
internal import EventLoop

/// One `PGconn` and its socket on an event loop: the steps that queries, streams and pipelines are made of.
///
/// Not `Sendable`: it belongs to the actor that opened it, which is pinned to `loop`.
final class Link {
    let loop: EventLoop
    let canceller: Canceller
    let backendPID: Int32
    let serverVersion: Int
    private let raw: OpaquePointer
    private let source: FileDescriptorSource
    private let messages: ServerMessages
    /// Why the session is over; set once, and from then on thrown by everything.
    private(set) var failure: PostgresError?

    /// Takes over what `Connecting` has established.
    init(raw: OpaquePointer, source: FileDescriptorSource, messages: ServerMessages, canceller: Canceller) {
        self.raw = raw
        self.source = source
        self.messages = messages
        self.canceller = canceller
        loop = source.loop
        backendPID = PQbackendPID(raw)
        serverVersion = Int(PQserverVersion(raw))
    }

    deinit {
        guard failure == nil else { return }
        let remains = Remains(raw: raw, source: source, messages: messages)
        loop.execute { remains.bury() }
    }

    /// What a session dropped without `close` leaves behind. The last reference may go on any thread, but the socket must
    /// leave epoll, on the loop's thread, before libpq closes it and its number can belong to someone else.
    // @unchecked: nobody else refers to `raw` and `messages` any more.
    private struct Remains: @unchecked Sendable {
        let raw: OpaquePointer
        let source: FileDescriptorSource
        let messages: ServerMessages

        func bury() {
            source.close()
            PQfinish(raw)
        }
    }

    // MARK: State

    var isOpen: Bool { failure == nil }

    var transactionStatus: TransactionStatus {
        guard isOpen else { return .unknown }
        return switch PQtransactionStatus(raw) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_ACTIVE: .active
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .failedTransaction
        default: .unknown
        }
    }

    /// Ends the session: everything under way and everything later fails with `reason`.
    ///
    /// From here on `raw` is freed, and nothing below touches it once `failure` is set.
    func fail(_ reason: PostgresError) {
        guard failure == nil else { return }
        failure = reason
        source.close()
        PQfinish(raw)
    }

    /// Notices the server sent since the last call, oldest first.
    func takeNotices() -> [Notice] { messages.takeNotices() }

    /// The next notification already received.
    func takeNotification() -> Notification? {
        guard isOpen, let note = PQnotifies(raw) else { return nil }
        defer { PQfreemem(note) }
        return Notification(
            channel: String(cString: note.pointee.relname), payload: String(cString: note.pointee.extra),
            backendPID: note.pointee.be_pid)
    }

    // MARK: Sending

    func sendSimple(_ text: String) throws(PostgresError) {
        try check(text)
        try sent(PQsendQuery(raw, text))
    }

    func send(_ sql: SQL) throws(PostgresError) {
        try check(sql.text)
        let arguments = try Arguments(sql.parameters)
        try sent(
            arguments.withPointers { count, types, values in
                PQsendQueryParams(raw, sql.text, count, types, values, nil, nil, 0)
            })
    }

    func sendPrepare(name: String, text: String, types: [UInt32]) throws(PostgresError) {
        try check(text)
        try sent(PQsendPrepare(raw, name, text, CInt(types.count), types))
    }

    func sendPrepared(name: String, _ arguments: borrowing Arguments) throws(PostgresError) {
        if let failure { throw failure }
        try sent(
            arguments.withPointers { count, _, values in
                PQsendQueryPrepared(raw, name, count, values, nil, nil, 0)
            })
    }

    /// Asks what statement `name` takes and returns.
    func sendDescribe(name: String) throws(PostgresError) {
        if let failure { throw failure }
        try sent(PQsendDescribePrepared(raw, name))
    }

    /// Asks for rows one at a time, for the statement whose results come next. Without effect on one that has failed.
    func selectSingleRows() {
        guard isOpen else { return }
        _ = PQsetSingleRowMode(raw)
    }

    /// Puts a synchronisation point after what was sent, and sends it off as far as the socket takes it.
    func sendSync() throws(PostgresError) {
        if let failure { throw failure }
        try sent(PQpipelineSync(raw))
    }

    func enterPipeline() throws(PostgresError) {
        if let failure { throw failure }
        try sent(PQenterPipelineMode(raw))
    }

    /// Sends what is buffered, waiting while the socket is full.
    func flush(before deadline: Deadline) async throws(PostgresError) {
        while try flushSome() {
            try await wait { source throws(IOError) in try await source.writable(before: deadline) }
        }
    }

    /// Sends what the socket takes now; `true` if something is left.
    func flushSome() throws(PostgresError) -> Bool {
        if let failure { throw failure }
        switch PQflush(raw) {
        case 0: return false
        case 1: return true
        default: throw lost()
        }
    }

    // MARK: Receiving

    /// Whether `nextBufferedResult` would have to wait.
    var isBusy: Bool { isOpen && PQisBusy(raw) == 1 }

    /// The next result, waiting for it until `deadline`; `nil` once the statement has no more.
    func nextResult(before deadline: Deadline) async throws(PostgresError) -> ResultHandle? {
        if let failure { throw failure }
        while isBusy { try await receive(before: deadline) }
        if let failure { throw failure }
        return nextBufferedResult()
    }

    /// The next result of what has been received already. Only when not `isBusy`.
    func nextBufferedResult() -> ResultHandle? {
        guard isOpen else { return nil }
        return PQgetResult(raw).map { ResultHandle(adopting: $0) }
    }

    /// Waits until the server has sent something, and takes it in.
    func receive(before deadline: Deadline) async throws(PostgresError) {
        if let failure { throw failure }
        if !source.peerFinished {
            // libpq does not read until the socket is empty, so what is left would make no new edge.
            do { try source.rearm() } catch { throw lost(error.description) }
            try await wait { source throws(IOError) in try await source.readable(before: deadline) }
        }
        try takeInput()
    }

    /// Takes in what the socket has, without waiting.
    func takeInput() throws(PostgresError) {
        if let failure { throw failure }
        // With TLS, libpq 15 can leave a decrypted rest of at most one record (16 KiB) that epoll knows nothing of;
        // each call takes at least 8 KiB.
        for _ in 0..<(PQsslInUse(raw) == 1 ? 3 : 1) where PQconsumeInput(raw) == 0 { throw lost() }
    }

    /// Looks, without waiting, at what the server may have said while nothing was asked; throws if it ended the session.
    func checkIdle() throws(PostgresError) {
        try takeInput()
        // Makes libpq parse. A server that ends a session says so first; the end of the stream shows a read later.
        _ = isBusy
        if messages.lastWords != nil { throw lost() }
    }

    private func wait(_ body: (FileDescriptorSource) async throws(IOError) -> Void) async throws(PostgresError) {
        do {
            try await body(source)
        } catch {
            switch error.code {
            case .timedOut: throw PostgresError(code: .timedOut, message: "Postgres did not answer in time")
            case .cancelled: throw PostgresError(code: .cancelled, message: "the task was cancelled")
            default: throw lost(error.description)
            }
        }
        if let failure { throw failure }
    }

    // MARK: COPY

    /// Offers `bytes` of COPY data to libpq; `false` when it has to be flushed first.
    func putCopy(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Bool {
        if let failure { throw failure }
        let chars = bytes.assumingMemoryBound(to: CChar.self)
        switch PQputCopyData(raw, chars.baseAddress, CInt(chars.count)) {
        case 1: return true
        case 0: return false
        default: throw refused()
        }
    }

    /// Ends COPY IN, well or, with `reason`, by making it fail; `false` when it has to be flushed first.
    func putCopyEnd(failing reason: String? = nil) throws(PostgresError) -> Bool {
        if let failure { throw failure }
        switch PQputCopyEnd(raw, reason) {
        case 1: return true
        case 0: return false
        default: throw refused()
        }
    }

    enum CopyState { case full, wouldBlock, end }

    /// Adds messages of COPY OUT to `rows`, of those that have been received, until it has `maxBytes`.
    func takeCopy(into rows: inout CopiedRows, upTo maxBytes: Int) throws(PostgresError) -> CopyState {
        if let failure { throw failure }
        while rows.byteCount < maxBytes {
            var buffer: UnsafeMutablePointer<CChar>?
            let count = PQgetCopyData(raw, &buffer, 1)
            switch count {
            case 0: return .wouldBlock
            case -1: return .end
            case 1...:
                rows.append(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
                PQfreemem(buffer)
            default: throw lost()
            }
        }
        return .full
    }

    // MARK: Failures

    /// Checks what libpq would take for the end of the string.
    private func check(_ text: String) throws(PostgresError) {
        if let failure { throw failure }
        if text.utf8.contains(0) {
            throw PostgresError(code: .invalidStatement, message: "the statement contains a NUL byte")
        }
    }

    private func sent(_ status: CInt) throws(PostgresError) {
        guard status == 1 else { throw refused() }
    }

    /// libpq refused a call: because the connection is gone, or because it is in the wrong state.
    private func refused() -> PostgresError {
        if PQstatus(raw) == CONNECTION_BAD { return lost() }
        return PostgresError(
            code: .invalidStatement, message: ResultHandle.trimmed(String(cString: PQerrorMessage(raw))))
    }

    /// Ends the session for the reason the server gave in its last words, or libpq's.
    func lost(_ what: String? = nil) -> PostgresError {
        if let failure { return failure }
        let message = what ?? ResultHandle.trimmed(String(cString: PQerrorMessage(raw)))
        let reason = messages.lastWords ?? PostgresError(code: .connectionFailed, message: message)
        fail(reason)
        return reason
    }
}

/// What the session is in the middle of, as the server last said.
public enum TransactionStatus: String, Sendable {
    case idle, active, inTransaction, failedTransaction, unknown
}
