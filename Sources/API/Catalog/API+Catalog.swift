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
                    id IN (SELECT b.dataset_id FROM sluice.borne_tag AS b JOIN sluice.tag AS t ON t.id = b.tag_id
                           WHERE t.name = \(tag) OR starts_with(t.name, \(tag + ".")))
                    """
                },
            ]
        ).register(in: &router)
        addTagLists(to: &router)
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
