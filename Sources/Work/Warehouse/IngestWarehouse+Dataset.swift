internal import Access
internal import Catalog
internal import Postgres
internal import Store

/// The dataset that a step writes, as it is now.
struct LoadedDataset: Sendable {
    var id: Int64
    var domainID: Int64
    var address: DatasetAddress
    var primaryKey: [String]
    /// In the dataset's order.
    var columns: [Assignment.Column]
}

extension IngestWarehouse {
    /// The dataset at `address`, or `nil`.
    func dataset(at address: DatasetAddress) async throws -> LoadedDataset? {
        let rows = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT d.id, d.domain_id, d.primary_key, c.name, c.type, c.nullable
                FROM sluice.dataset AS d JOIN sluice.domain AS n ON n.id = d.domain_id
                JOIN sluice.dataset_column AS c ON c.dataset_id = d.id
                WHERE n.name = \(address.domain) AND d.name = \(address.name) ORDER BY c.position
                """)
        }
        guard let first = rows.first else { return nil }
        return LoadedDataset(
            id: try first.decode(at: 0), domainID: try first.decode(at: 1), address: address,
            primaryKey: try first.decode(at: 2),
            columns: try rows.map { row in
                Assignment.Column(
                    name: try row.decode(at: 3), type: try row.decode(at: 4), isNullable: try row.decode(at: 5))
            })
    }

    /// Throws `Refusal` unless the principal holds the privilege on the dataset now: rights are those of the run, not of
    /// the day on which the pipeline was made.
    func require(_ privilege: Privilege, of principal: String, on dataset: LoadedDataset) async throws {
        let caller = try await sessions.withServerSession { try await Caller.read(named: principal, on: $0) }
        guard let caller else { throw Refusal(.forbidden, "the principal \(principal) is gone") }
        try caller.authority.require(
            privilege, on: dataset.domainID, dataset.id, called: "dataset \(dataset.address), for \(principal),")
    }

    /// Makes the dataset in the name of `principal`, whose rights decide.
    func makeDataset(
        _ address: DatasetAddress, _ columns: [DeclaredColumn], key: [String], by principal: String, run: Int64
    ) async throws {
        do {
            _ = try await governance.change(by: principal, requestID: "run-\(run)") { change in
                try await change.makeTarget(address, columns: columns, key: key)
            }
        } catch let refusal as Refusal where refusal.code == .conflict {
            // Somebody else was faster, and who wants to write it finds it there.
        }
    }

    /// Adds nullable columns in the name of `principal`, whose rights decide.
    func addColumns(
        _ columns: [DeclaredColumn], to dataset: LoadedDataset, by principal: String, run: Int64
    ) async throws {
        _ = try await governance.change(by: principal, requestID: "run-\(run)") { change in
            try await change.addColumns(columns, to: dataset.address)
        }
    }
}
