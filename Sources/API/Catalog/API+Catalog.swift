import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store

extension API {
    static func addCatalog(to router: inout Router<Platform>) {
        Collection(
            kind: .domain, path: "/domains",
            put: { try await $0.putDomain($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deleteDomain($1, $2) }
        ).register(in: &router)
        Collection(
            kind: .tag, path: "/tags",
            put: { try await $0.putTag($1.name, $1.body, $1.precondition) },
            delete: { try await $0.deleteTag($1, $2) }
        ).register(in: &router)
        Collection(
            kind: .dataset, path: "/datasets",
            make: { try await $0.makeDataset($1.body) },
            patch: { try await $0.patchDataset(try DatasetAddress.path($1.name), $1.body, $1.precondition) },
            delete: { try await $0.deleteDataset(try DatasetAddress.path($1), $2) },
            filters: [
                "domain": { "body->>'domain' = \($0)" },
                "owner": { "body->>'owner' = \($0)" },
                "tag": { tag in
                    """
                    id IN (SELECT ct.dataset_id FROM sluice.column_tag AS ct JOIN sluice.tag AS t ON t.id = ct.tag_id
                           WHERE t.name = \(tag) OR starts_with(t.name, \(tag + ".")))
                    """
                },
            ]
        ).register(in: &router)
        addColumnTags(to: &router)
    }

    private static func addColumnTags(to router: inout Router<Platform>) {
        router.on(.get, base + "/datasets/{name}/columns/{column}/tags") { request, platform in
            try request.allow()
            let address = try request.columnAddress()
            let caller = try await platform.caller(of: request)
            return try await platform.sessions.withServerSession { connection in
                .item(try await Document.visible(.columnTags, at: "\(address)", to: caller, on: connection))
            }
        }
        router.on(.put, base + "/datasets/{name}/columns/{column}/tags") { request, platform in
            try request.allow()
            let address = try request.columnAddress()
            let body = try await request.json()
            let precondition = try request.precondition()
            return try await platform.change(request) {
                try await $0.putColumnTags(address, body, precondition)
            } answer: {
                .outcome($0, at: "/datasets/\(address.dataset)/columns/\(address.column)/tags")
            }
        }
    }
}

extension DatasetAddress {
    /// The dataset a path names.
    static func path(_ text: String) throws(Refusal) -> DatasetAddress {
        guard let address = DatasetAddress(text) else { throw Refusal.notFound("dataset \(text)") }
        return address
    }
}

extension Request {
    func columnAddress() throws(Refusal) -> ColumnAddress {
        let text = try "\(name()).\(name("column"))"
        guard let address = ColumnAddress(text) else { throw Refusal.notFound("column \(text)") }
        return address
    }
}

extension Connection {
    /// The id of the domain that dataset `id` belongs to.
    nonisolated func domainID(of id: Int64) async throws -> Int64 {
        let rows = try await query("SELECT domain_id FROM sluice.dataset WHERE id = \(id)")
        guard let row = rows.first else { throw Refusal.notFound("dataset") }
        return try row.decode(at: 0)
    }
}
