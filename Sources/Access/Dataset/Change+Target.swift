public import Catalog
import Postgres

extension Change {
    /// Makes the dataset that a pipeline loads, of the columns that it declares or finds. Needs `write` on the domain,
    /// whose owner, if it has one, owns the dataset: the principal that loads it holds nothing more on it.
    public func makeTarget(_ address: DatasetAddress, columns: [DeclaredColumn], key: [String]) async throws -> Outcome
    {
        var input = DatasetInput(address: address, columns: columns.map(ColumnInput.init))
        input.primaryKey = key
        let domain = try await writableDomain(address.domain, for: "dataset \(address)")
        let owner: Int64? = try await connection.query(
            "SELECT owner_id FROM sluice.domain WHERE id = \(domain)")[0].decode(at: 0)
        return try await makeDataset(input, in: domain, owner: owner)
    }

    /// Adds those of `columns` that a dataset lacks, at its end and nullable; nothing of what it has changes. Needs
    /// `write` on the dataset. A grant of some columns does not reach new ones.
    public func addColumns(_ columns: [DeclaredColumn], to address: DatasetAddress) async throws -> Outcome {
        let found = try await visibleDataset(at: address)
        try caller.authority.require(.write, on: found.domainID, found.id, called: "dataset \(address)")
        let definition = try await DatasetDefinition.read(found.id, on: connection)
        let present = Dictionary(uniqueKeysWithValues: definition.columns.map { ($0.name, $0) })
        let missing = columns.filter { present[$0.name] == nil }
        if missing.isEmpty, let document = try await Document.read(.dataset, id: found.id, on: connection) {
            return Outcome(isNew: false, before: document, document: document)
        }
        guard present.count + missing.count <= DatasetInput.maxColumns else {
            throw Refusal(
                .invalid, "dataset \(address) would have more than \(DatasetInput.maxColumns) columns",
                hint: "Set onNewColumn to ignore, or list the columns that are wanted.")
        }
        return try await put(.dataset, at: "\(address)", .none) { _ in
            try await connection.execute(
                "UPDATE sluice.dataset SET version = version + 1, updated_at = now() WHERE id = \(found.id)")
            try await add(missing.map(ColumnInput.init), besides: present, of: found.id, address)
            datasets.insert(found.id)
        }
    }
}
