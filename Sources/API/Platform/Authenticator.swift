import Access
import Catalog
import EventLoop
import HTTPServer
import Store
import Synchronization

/// Finds the principal of a bearer token, and remembers it for a moment.
///
/// A token that was revoked on another server works for at most `lifetime` longer; one revoked here not at all, since
/// every change made through this server empties the memory. What expires is not remembered beyond its time.
final class Authenticator: Sendable {
    /// The contract allows 1 s (api.md, Conventions); half of it leaves room for the request itself.
    static let lifetime = Duration.milliseconds(500)
    static let maxRemembered = 10_000

    /// A caller as the platform knew it before the next `forget`.
    private final class Known: Sendable {
        let caller: Remembered<Caller>
        let generation: Int

        init(_ caller: Remembered<Caller>, _ generation: Int) {
            self.caller = caller
            self.generation = generation
        }
    }

    private let sessions: Sessions
    private let memory = Locked<[[UInt8]: Known]>([:])
    /// Raised by `forget`, so that an answer read before a change is not remembered after it.
    private let generation = Atomic(0)

    init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// The caller of `request`; throws `unauthenticated` without a valid token. Asking again for the same request soon
    /// costs nothing.
    func caller(of request: Request) async throws -> Caller {
        if let caller = noted(request) { return caller }
        let known = try await known(request)
        request.exchange.principal = known.caller.value.name
        request.exchange.identity = known
        return known.caller.value
    }

    /// The caller as it was found a moment ago for this very request, or for one with the same header fields.
    func noted(_ request: Request) -> Caller? {
        guard let known = identity(of: request), known.caller.isFresh else { return nil }
        return known.caller.value
    }

    private func identity(of request: Request) -> Known? {
        guard let known = request.exchange.identity as? Known,
            known.generation == generation.load(ordering: .acquiring)
        else { return nil }
        return known
    }

    /// The caller of `request` if it is remembered and need not be read anew.
    func remembered(_ request: Request) -> Caller? {
        if let known = identity(of: request), known.caller.isFresh { return known.caller.value }
        guard let field = request.fields["Authorization"], let token = Self.token(in: field) else { return nil }
        let hash = BearerToken.hash(token)
        guard let known = memory.withLock({ $0[hash] }), known.caller.isFresh else { return nil }
        request.exchange.identity = known
        return known.caller.value
    }

    private func known(_ request: Request) async throws -> Known {
        guard let field = request.fields["Authorization"] else {
            throw Self.challenge("the request has no Authorization header")
        }
        guard let token = Self.token(in: field), (1...512).contains(token.utf8.count) else {
            throw Self.challenge("the Authorization header is not of the form: Bearer TOKEN")
        }
        let hash = BearerToken.hash(token)
        let (remembered, generation) = memory.withLock { ($0[hash], self.generation.load(ordering: .relaxed)) }
        if let remembered, remembered.caller.isGoodForAsker() { return remembered }
        // Before the database looks at its clock, so that no expiry is overslept.
        let start = ContinuousClock.now
        let found = try await sessions.withServerSession { connection in
            try await Caller.read(tokenHash: hash, on: connection)
        }
        guard let caller = found else {
            throw Self.challenge("the token is unknown, expired or revoked")
        }
        let lifetime = min(Self.lifetime, caller.validFor ?? Self.lifetime)
        let known = Known(Remembered(caller, for: lifetime, since: start), generation)
        memory.withLock { memory in
            guard self.generation.load(ordering: .relaxed) == generation else { return }
            if memory.count >= Self.maxRemembered { memory.removeAll(keepingCapacity: true) }
            memory[hash] = known
        }
        return known
    }

    /// Forgets everything: called after each change.
    func forget() {
        memory.withLock { memory in
            memory.removeAll(keepingCapacity: true)
            generation.add(1, ordering: .releasing)
        }
    }

    /// What follows the scheme, whose name has no case (RFC 9110 §11.1), and spaces.
    private static func token(in field: String) -> String? {
        if field.hasPrefix("Bearer "), !field.hasPrefix("Bearer  ") { return String(field.dropFirst(7)) }
        let parts = field.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    private static func challenge(_ detail: String) -> Refusal {
        Refusal(.unauthenticated, detail, hint: "Send Authorization: Bearer TOKEN with a token of your principal.")
    }
}
