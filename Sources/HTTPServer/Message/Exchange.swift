import EventLoop

/// One request and its answer as log and metrics see them; shared by the connection, the router and the handler.
public final class Exchange: Sendable {
    /// What handlers may note for the access log and the `Server-Timing` header.
    struct Notes: Sendable {
        var route: String?
        var principal: String?
        var identity: (any AnyObject & Sendable)?
        var timings: [(name: String, duration: Duration)] = []
    }

    /// `X-Request-Id`: the client's, or a new one.
    public let requestID: String
    /// The peer's address without its port: `192.0.2.7`, `2001:db8::7`; `unix` for a Unix socket.
    public let remoteAddress: String
    /// When the request's head was complete.
    public let start: ContinuousClock.Instant
    private let notes: Locked<Notes>

    /// - Parameter requestID: `nil` makes a new one.
    public convenience init(
        requestID: String? = nil, remoteAddress: String = "", start: ContinuousClock.Instant = .now
    ) {
        self.init(requestID: requestID, remoteAddress: remoteAddress, start: start, identity: nil)
    }

    init(
        requestID: String?, remoteAddress: String, start: ContinuousClock.Instant = .now,
        identity: (any AnyObject & Sendable)?
    ) {
        self.requestID = requestID ?? RequestID.generate()
        self.remoteAddress = remoteAddress
        self.start = start
        notes = Locked(Notes(identity: identity))
    }

    /// The pattern of the route that answered, `nil` before routing and for unknown paths; set by the router.
    public var route: String? {
        get { notes.withLock { $0.route } }
        set { notes.withLock { $0.route = newValue } }
    }

    /// Who asked, as the access log names them; set by whoever authenticates.
    public var principal: String? {
        get { notes.withLock { $0.principal } }
        set { notes.withLock { $0.principal = newValue } }
    }

    /// What whoever authenticates keeps here, so that a request is authenticated once. It is there already when the
    /// request's header fields are those of the connection's request before, byte for byte.
    public var identity: (any AnyObject & Sendable)? {
        get { notes.withLock { $0.identity } }
        set { notes.withLock { $0.identity = newValue } }
    }

    /// Adds an entry to the answer's `Server-Timing` header, if its head is not yet sent; at most 16 are kept.
    ///
    /// - Parameter name: A token: letters, digits, `-`, `_`.
    public func addTiming(_ name: String, _ duration: Duration) {
        notes.withLock { if $0.timings.count < 16 { $0.timings.append((name, duration)) } }
    }

    /// The value of `Server-Timing` in milliseconds (`db;dur=1.25`), `nil` without entries.
    var serverTiming: String? {
        let timings = notes.withLock { $0.timings }
        guard !timings.isEmpty else { return nil }
        return timings.map { "\($0.name);dur=\(milliseconds($0.duration))" }.joined(separator: ", ")
    }
}

/// Milliseconds with three decimals.
func milliseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let micros = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    let fraction = String(abs(micros) % 1000)
    return "\(micros / 1000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)"
}
