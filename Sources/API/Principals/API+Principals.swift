import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store

extension API {
    static func addPrincipals(to router: inout Router<Platform>) {
        Collection(
            kind: .principal, path: "/principals",
            put: { try await $0.putPrincipal($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deletePrincipal($1, $2) }
        ).register(in: &router)
        Collection(
            kind: .group, path: "/groups",
            put: { try await $0.putGroup($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deleteGroup($1, $2) }
        ).register(in: &router)
        Collection(kind: .token, path: "/tokens", delete: { try await $0.deleteToken($1, $2) })
            .register(in: &router)
        Collection(
            kind: .grant, path: "/grants",
            make: { try await $0.makeGrant($1.body) },
            delete: { try await $0.deleteGrant($1, $2) },
            filters: [
                "on": { "body->>'on' = \($0)" },
                "to": { "body->>'to' = \($0)" },
            ]
        ).register(in: &router)

        router.on(.post, base + "/principals/{name}/tokens") { request, platform in
            try request.allow()
            let name = try request.name()
            let body = try await request.json()
            return try await platform.change(request) {
                try await $0.makeToken(of: name, body)
            } answer: { committed in
                let token = committed.value
                var answer = try token.document.body().objectValue ?? [:]
                answer["token"] = .string(token.text)
                var response = Response.created(.object(answer), at: "/tokens/\(token.id)")
                response.fields["ETag"] = token.document.entityTag
                return response.unstored()
            }
        }
        router.on(.get, base + "/me") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            return try await platform.sessions.withServerSession { connection in
                guard let document = try await Document.read(.principal, id: caller.principalID, on: connection) else {
                    throw Refusal.notFound("principal \(caller.name)")
                }
                var body = try document.body().objectValue ?? [:]
                body["privileges"] = try await caller.authority.body(on: connection)
                return .item(.object(body))
            }
        }
    }
}
