import Access
import HTTPServer

extension API {
    /// Operations on which `Idempotency-Key` has no effect: their answers are streams or of the moment, and running them
    /// twice harms nobody.
    private static let unkeyed: Set<String> = [
        base + "/query", base + "/access/diff", base + "/connections/{name}/test",
    ]

    /// Paths that ask for no token, or see to it themselves.
    private static let open: Set<String> = ["/healthz", "/readyz", "/metrics", base + "/openapi.yaml"]

    /// Routes a request and answers it; one POST with an `Idempotency-Key` only once.
    static func respond(
        to request: Request, _ router: Router<Platform>, _ platform: Platform, logger: Logger
    ) async throws -> Response {
        guard let match = try router.match(request) else { return router.options(request) }
        // Before anything of the request is read: without a token, nobody learns what is wrong with it.
        if !open.contains(match.route.pattern) { _ = try await platform.caller(of: match.request) }
        guard match.route.method == .post, let key = try match.request.idempotencyKey(),
            !unkeyed.contains(match.route.pattern)
        else { return try await match.route.handler(match.request, platform) }
        let caller = try await platform.caller(of: match.request)
        let keyed = KeyedRequest(
            key: try IdempotencyKey(key, bearer: match.request.bearer), principal: caller.name, request: match.request,
            table: IdempotencyTable(sessions: platform.sessions), governance: platform.governance,
            onFailure: { error in
                logger.warning(
                    "an idempotency key was not settled",
                    ["requestId": request.requestID, "error": "\(error)"])
            })
        return try await keyed.respond { try await match.route.handler($0, platform) }
    }
}
