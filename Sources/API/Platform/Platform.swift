public import Access
public import HTTPServer
public import Store

/// What the handlers work with: one value, made at start and passed to each of them.
public struct Platform: Sendable {
    public let sessions: Sessions
    public let governance: Governance
    let authenticator: Authenticator

    public init(sessions: Sessions) {
        self.sessions = sessions
        governance = Governance(sessions: sessions)
        authenticator = Authenticator(sessions: sessions)
    }

    /// Runs a change on behalf of the request's caller.
    func change<Value: Sendable>(
        _ request: Request, keeps: Bool = true, requiresConditions: Bool = true,
        _ body: (Change) async throws -> Value
    ) async throws -> Governance.Committed<Value> {
        let caller = try await caller(of: request)
        defer { authenticator.forget() }
        return try await governance.change(
            by: caller.name, requestID: request.requestID, requiresConditions: requiresConditions, keeps: keeps, body)
    }

    /// The authenticated principal, noted for the access log.
    func caller(of request: Request) async throws -> Caller {
        let caller = try await authenticator.caller(of: request)
        request.exchange.principal = caller.name
        return caller
    }
}
