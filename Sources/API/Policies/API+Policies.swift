import Access
import Catalog
import HTTPServer
import JSON
import Store

extension API {
    static func addPolicies(to router: inout Router<Platform>) {
        Collection(
            kind: .mask, path: "/masks",
            put: { try await $0.putMask($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deleteMask($1, $2) }
        ).register(in: &router)
        Collection(
            kind: .rowFilter, path: "/row-filters",
            put: { try await $0.putRowFilter($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deleteRowFilter($1, $2) }
        ).register(in: &router)

        Collection(
            kind: .denyRule, path: "/deny-rules",
            put: { try await $0.putDenyRule($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deleteDenyRule($1, $2) }
        ).register(in: &router)
        Collection(
            kind: .purpose, path: "/purposes",
            put: { try await $0.putPurpose($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deletePurpose($1, $2) }
        ).register(in: &router)

        router.on(.post, base + "/access/explain") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            let body = try await request.json()
            let (name, text, purpose) = try Refusal.reading(body) {
                (
                    $0.required("principal", as: String.self), $0.required("dataset", as: String.self),
                    $0.optional("purpose", as: String.self)
                )
            }
            return try await platform.sessions.withServerSession { connection in
                guard let address = DatasetAddress(text) else {
                    throw Refusal.invalid(at: "/dataset", "must be DOMAIN.DATASET")
                }
                let dataset = try await Document.visible(.dataset, at: "\(address)", to: caller, on: connection)
                let manages = caller.authority.allows(
                    .manage, on: try await connection.domainID(of: dataset.id), dataset.id)
                guard name == caller.name || manages,
                    var principal = try await Caller.read(named: name, on: connection)
                else {
                    throw Refusal.notFound("principal \(name)")
                }
                if let purpose { principal = try await principal.asIfActing(for: purpose, on: connection) }
                let explanation = try await Explanation.of(principal: principal, dataset: dataset.id, on: connection)
                return .item(explanation.body).under(explanation.policyVersion)
            }
        }
    }
}
