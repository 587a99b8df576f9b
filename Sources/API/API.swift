import Catalog
public import HTTPServer

/// The outside contract's operations (`openapi/openapi.yaml`).
public enum API {
    static let base = "/api/v1"

    /// The router with every operation.
    public static func router() -> Router<Platform> {
        var router = Router<Platform>()
        addHealth(to: &router)
        addOpenAPI(to: &router)
        addPrincipals(to: &router)
        addCatalog(to: &router)
        addPolicies(to: &router)
        addPolicyTests(to: &router)
        addClassification(to: &router)
        addAccessDiff(to: &router)
        addAccessRequests(to: &router)
        addPipelines(to: &router)
        addConnectionProbes(to: &router)
        addRows(to: &router)
        addLoad(to: &router)
        addQuarantine(to: &router)
        addQuery(to: &router)
        addSearch(to: &router)
        addAudit(to: &router)
        addAuditVerification(to: &router)
        addAuditRetention(to: &router)
        addUsage(to: &router)
        addApply(to: &router)
        addRuns(to: &router)
        addPipelineRuns(to: &router)
        return router
    }

    /// What the server serves: the router, with failures turned into problems and our own faults logged.
    public static func application(
        _ platform: Platform, metrics: MetricsRegistry, logger: Logger,
        onCompletion: @escaping @Sendable (Completion) -> Void
    ) -> Application {
        var router = router()
        addMetrics(metrics, to: &router)
        observe(platform, in: metrics)
        return Application(
            handler: { [router] request in try await respond(to: request, router, platform, logger: logger) },
            promptly: { request, answer in PromptRead.answer(request, platform, answer) },
            problem: { error, exchange in
                if let problem = Problem.mapping(error) { return problem }
                if let closed = error as? ConnectionClosed {
                    logger.debug("the client is gone", ["requestId": exchange.requestID, "error": "\(closed)"])
                } else {
                    logger.error(
                        "a request failed",
                        [
                            "requestId": exchange.requestID, "route": exchange.route ?? "-",
                            "error": "\(String(reflecting: error))",
                        ])
                }
                return .internalError
            }, onCompletion: onCompletion)
    }
}
