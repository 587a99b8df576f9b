import Access
import Catalog
import Postgres
import Store

/// A dataset as those who look at its quarantine need it.
struct QuarantinedDataset: Sendable {
    var id: Int64
    var domainID: Int64
    /// Of which a record may hold any.
    var columns: [String]

    /// - Throws: `not_found` for those who may not see it.
    static func find(
        _ address: DatasetAddress, for caller: Caller, _ platform: Platform
    ) async throws -> QuarantinedDataset {
        try await platform.sessions.withServerSession { connection in
            let document = try await Document.visible(.dataset, at: "\(address)", to: caller, on: connection)
            let rows = try await connection.query(
                """
                SELECT d.domain_id, ARRAY(
                    SELECT c.name FROM sluice.dataset_column AS c WHERE c.dataset_id = d.id ORDER BY c.position)
                FROM sluice.dataset AS d WHERE d.id = \(document.id)
                """)
            guard let row = rows.first else { throw Refusal.notFound("dataset \(address)") }
            return QuarantinedDataset(id: document.id, domainID: try row.decode(at: 0), columns: try row.decode(at: 1))
        }
    }
}
