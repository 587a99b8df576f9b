import Access
import Catalog
import HTTPServer
import JSON
import Postgres

extension API {
    private typealias Decision = @Sendable (Change, String, JSONValue, Precondition) async throws -> Change.Outcome

    private static let decisions: [(path: String, decide: Decision)] = [
        ("approve", { try await $0.approveAccess($1, $2, $3) }), ("deny", { try await $0.denyAccess($1, $2, $3) }),
        ("withdraw", { try await $0.withdrawAccess($1, $2, $3) }),
    ]

    static func addAccessRequests(to router: inout Router<Platform>) {
        let path = base + "/access-requests"
        Collection(
            kind: .accessRequest, path: "/access-requests",
            filters: [
                "state": { "body->>'state' = \($0)" }, "dataset": { "body->>'dataset' = \($0)" },
                "by": { "body->>'by' = \($0)" },
            ]
        ).register(in: &router)
        router.on(.post, path) { request, platform in
            try request.allow()
            let body = try await request.json()
            return try await platform.change(request) {
                try await $0.requestAccess(body)
            } answer: {
                .outcome($0, at: "\(path)/\($0.value.document.address)")
            }
        }
        for (name, decide) in decisions {
            router.on(.post, path + "/{name}/" + name) { request, platform in
                try request.allow()
                let id = try request.name()
                let precondition = try request.precondition()
                let body = try await request.json()
                return try await platform.change(request) {
                    try await decide($0, id, body, precondition)
                } answer: {
                    .outcome($0, at: "\(path)/\(id)")
                }
            }
        }
    }
}
