import Access
import Catalog
import HTTPServer
import Store

/// What columns seem to hold, what stewards say to it, and from when on it is believed.
extension API {
    static func addClassification(to router: inout Router<Platform>) {
        router.on(.get, base + "/datasets/{name}/classification") { request, platform in
            try request.allow()
            let address = try DatasetAddress.path(request.name())
            let caller = try await platform.caller(of: request)
            return try await platform.sessions.withServerSession { connection in
                .item(try await Classifications.read(address, for: caller, on: connection))
            }
        }
        router.on(.post, base + "/datasets/{name}/classify") { request, platform in
            try request.allow()
            let address = try DatasetAddress.path(request.name())
            return try await platform.change(request) {
                try await $0.wantClassification(address)
            } answer: {
                var response = Response.item($0.value)
                response.status = 202
                response.fields["Location"] = "\(base)/datasets/\(address)/classification"
                return response
            }
        }
        router.on(.put, base + "/datasets/{name}/columns/{column}/classification") { request, platform in
            try request.allow()
            let address = try request.columnAddress()
            let body = try await request.json()
            let precondition = try request.precondition()
            return try await platform.change(request) {
                try await $0.decideClassification(address, body, precondition)
            } answer: {
                .item($0.value.document).under($0.policyVersion)
            }
        }
        addClassificationSettings(to: &router)
    }

    private static func addClassificationSettings(to router: inout Router<Platform>) {
        router.on(.get, base + "/settings/classification") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            try caller.authority.require(.manage, called: "the platform")
            return try await platform.sessions.withServerSession { connection in
                .item(
                    try await Document.visible(
                        .classificationSettings, at: "classification", to: caller, on: connection))
            }
        }
        router.on(.put, base + "/settings/classification") { request, platform in
            try request.allow()
            let body = try await request.json()
            let precondition = try request.precondition()
            return try await platform.change(request) {
                try await $0.putClassificationSettings(body, precondition)
            } answer: {
                .item($0.value.document).under($0.policyVersion)
            }
        }
    }
}
