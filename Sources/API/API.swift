public import HTTPServer

/// The outside contract's operations (`openapi/openapi.yaml`).
public enum API {
    static let base = "/api/v1"

    /// The router with every operation.
    public static func router() -> Router<Platform> {
        var router = Router<Platform>()
        addPrincipals(to: &router)
        addCatalog(to: &router)
        addPolicies(to: &router)
        return router
    }
}
