import Access
import Catalog
import HTTPServer
import JSON
import Store

/// The tags of a domain, a dataset and a column: each a list that is read and replaced as a whole.
extension API {
    static func addTagLists(to router: inout Router<Platform>) {
        TagList(
            kind: .domainTags, path: "/domains/{name}/tags", address: { try $0.name() },
            put: { try await $0.putDomainTags($1, $2, $3) }
        ).register(in: &router)
        TagList(
            kind: .datasetTags, path: "/datasets/{name}/tags", address: { try DatasetAddress.path($0.name()) },
            put: { try await $0.putDatasetTags($1, $2, $3) }
        ).register(in: &router)
        TagList(
            kind: .columnTags, path: "/datasets/{name}/columns/{column}/tags", address: { try $0.columnAddress() },
            put: { try await $0.putColumnTags($1, $2, $3) }
        ).register(in: &router)
    }
}

private struct TagList<Address: Sendable>: Sendable {
    var kind: ObjectKind
    /// Under `/api/v1`.
    var path: String
    var address: @Sendable (Request) throws -> Address
    var put: @Sendable (Change, Address, JSONValue, Precondition) async throws -> Change.Outcome

    func register(in router: inout Router<Platform>) {
        router.on(.get, API.base + path) { request, platform in
            try request.allow()
            let address = try address(request)
            let caller = try await platform.caller(of: request)
            return try await platform.sessions.withServerSession { connection in
                .item(try await Document.visible(kind, at: "\(address)", to: caller, on: connection))
            }
        }
        router.on(.put, API.base + path) { request, platform in
            try request.allow()
            let address = try address(request)
            let body = try await request.json()
            let precondition = try request.precondition()
            return try await platform.change(request) {
                try await put($0, address, body, precondition)
            } answer: {
                // The list of what there is is never new.
                .item($0.value.document).under($0.policyVersion)
            }
        }
    }
}
