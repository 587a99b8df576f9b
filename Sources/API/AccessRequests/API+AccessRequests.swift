import Access
import Catalog
import HTTPServer
import Postgres

extension API {
    static func addAccessRequests(to router: inout Router<Platform>) {
        Collection(
            kind: .accessRequest, path: "/access-requests",
            make: { try await $0.requestAccess($1.body) },
            actions: [
                "approve": { try await $0.approveAccess($1.name, $1.body, $1.precondition) },
                "deny": { try await $0.denyAccess($1.name, $1.body, $1.precondition) },
                "withdraw": { try await $0.withdrawAccess($1.name, $1.body, $1.precondition) },
            ],
            filters: [
                "state": { "body->>'state' = \($0)" }, "dataset": { "body->>'dataset' = \($0)" },
                "by": { "body->>'by' = \($0)" },
            ]
        ).register(in: &router)
    }
}
