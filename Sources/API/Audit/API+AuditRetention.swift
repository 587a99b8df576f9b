import Access
import Catalog
import HTTPServer
import Store

extension API {
    static func addAuditRetention(to router: inout Router<Platform>) {
        let path = base + "/audit/retention"
        router.on(.get, path) { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            try caller.authority.require(.manage, called: "the platform")
            return try await platform.sessions.withServerSession { connection in
                .item(
                    try await Document.visible(
                        .auditRetention, at: Change.auditRetention, to: caller, on: connection))
            }
        }
        router.on(.put, path) { request, platform in
            try request.allow()
            let (body, precondition) = (try await request.json(), try request.precondition())
            return try await platform.change(request) {
                try await $0.putAuditRetention(body, precondition)
            } answer: {
                .outcome($0, at: "/audit/retention")
            }
        }
    }
}
