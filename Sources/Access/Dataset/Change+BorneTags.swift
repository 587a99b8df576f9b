public import Catalog
public import JSON
import Postgres

/// What bears which tags. Tags are inherited downward: a domain's are borne by all its datasets, a dataset's by all its
/// columns.
extension Change {
    /// `PUT /domains/{domain}/tags`.
    public func putDomainTags(
        _ name: String, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        let names = try Self.tagNames(body)
        let domain = try await managedDomain(named: name)
        return try await put(.domainTags, at: name, precondition, isPolicy: true) { _ in
            try await replaceTags(ofDomain: domain, by: names)
        }
    }

    private func replaceTags(ofDomain domain: Int64, by names: [String]) async throws {
        try await setTags(names, ofDomain: domain, at: "")
        try await connection.execute(
            "UPDATE sluice.domain SET tags_version = tags_version + 1, version = version + 1 WHERE id = \(domain)")
    }

    /// `PUT /datasets/{…}/tags`.
    public func putDatasetTags(
        _ address: DatasetAddress, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        let dataset = try await visibleDataset(at: address)
        try caller.authority.require(.manage, on: dataset.domainID, dataset.id, called: "dataset \(address)")
        let names = try Self.tagNames(body)
        return try await put(.datasetTags, at: "\(address)", precondition, isPolicy: true) { _ in
            try await replaceTags(ofDataset: dataset.id, by: names)
        }
    }

    private func replaceTags(ofDataset dataset: Int64, by names: [String]) async throws {
        try await setTags(names, ofDataset: dataset, at: "")
        try await connection.execute(
            "UPDATE sluice.dataset SET tags_version = tags_version + 1, version = version + 1 WHERE id = \(dataset)")
    }

    /// `PUT /datasets/{…}/columns/{column}/tags`.
    public func putColumnTags(
        _ address: ColumnAddress, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        let names = try Self.tagNames(body)
        let (dataset, column) = try await managedColumn(at: address)
        return try await put(.columnTags, at: "\(address)", precondition, isPolicy: true) { _ in
            try await replaceTags(of: dataset, column: column, by: names)
        }
    }

    func managedColumn(at address: ColumnAddress) async throws -> (dataset: Int64, column: Int64) {
        let dataset = try await visibleDataset(at: address.dataset)
        try caller.authority.require(
            .manage, on: dataset.domainID, dataset.id, called: "dataset \(address.dataset)")
        let rows = try await connection.query(
            """
            SELECT id::bigint FROM sluice.dataset_column WHERE dataset_id = \(dataset.id) AND name = \(address.column)
            """)
        guard let row = rows.first else { throw Refusal.notFound("column \(address)") }
        return (dataset.id, try row.decode(at: 0))
    }

    @inline(never)
    func replaceTags(of dataset: Int64, column: Int64, by names: [String]) async throws {
        try await setTags(names, of: dataset, column: column, at: "")
        try await connection.execute(
            """
            UPDATE sluice.dataset_column SET tags_version = tags_version + 1
            WHERE dataset_id = \(dataset) AND id = \(column)
            """)
        try await connection.execute("UPDATE sluice.dataset SET version = version + 1 WHERE id = \(dataset)")
    }

    /// Gives a column exactly the tags `names`; `pointer` is where the body lists them.
    // Inlined, it crashes the optimiser of Swift 6.3.1 (splitting the coroutine of its caller).
    @inline(never)
    func setTags(_ names: [String], of dataset: Int64, column: Int64, at pointer: String) async throws {
        let ids = try await tagIDs(names, at: pointer)
        try await connection.execute(
            """
            DELETE FROM sluice.column_tag
            WHERE dataset_id = \(dataset) AND column_id = \(column) AND tag_id <> ALL (\(ids))
            """)
        try await connection.execute(
            """
            INSERT INTO sluice.column_tag (dataset_id, column_id, tag_id)
            SELECT \(dataset), \(column), t FROM unnest(\(ids)) AS t
            ON CONFLICT DO NOTHING
            """)
        datasets.insert(dataset)
    }

    private func managedDomain(named name: String) async throws -> Int64 {
        guard let domain = try await id(of: name, in: "domain"), caller.authority.allows(.describe, on: domain) else {
            throw Refusal.notFound("domain \(name)")
        }
        try caller.authority.require(.manage, on: domain, called: "domain \(name)")
        return domain
    }

    /// Gives a domain exactly the tags `names`, which all columns below it bear from now on.
    func setTags(_ names: [String], ofDomain domain: Int64, at pointer: String) async throws {
        try await setTags(names, ofScope: domain, at: pointer)
        try await touchDatasets(inDomain: domain)
    }

    /// Gives a dataset exactly the tags `names`.
    func setTags(_ names: [String], ofDataset dataset: Int64, at pointer: String) async throws {
        try await setTags(names, ofScope: dataset, at: pointer)
        datasets.insert(dataset)
    }

    // Inlined, it crashes the optimiser of Swift 6.3.1 (splitting the coroutine of its caller).
    @inline(never)
    private func setTags(_ names: [String], ofScope scope: Int64, at pointer: String) async throws {
        let ids = try await tagIDs(names, at: pointer)
        try await connection.execute(
            "DELETE FROM sluice.scope_tag WHERE scope_id = \(scope) AND tag_id <> ALL (\(ids))")
        try await connection.execute(
            """
            INSERT INTO sluice.scope_tag (scope_id, tag_id) SELECT \(scope), t FROM unnest(\(ids)) AS t
            ON CONFLICT DO NOTHING
            """)
    }

    private func tagIDs(_ names: [String], at pointer: String) async throws -> [Int64] {
        var ids: [Int64] = []
        for (index, name) in names.enumerated() {
            ids.append(try await tagID(named: name, at: "\(pointer)/\(index)"))
        }
        return ids
    }

    private static func tagNames(_ body: JSONValue) throws(Refusal) -> [String] {
        guard let names = body.arrayValue?.map(\.stringValue), !names.contains(nil) else {
            throw Refusal.invalid(at: "", "must be an array of tag names")
        }
        return names.compactMap { $0 }
    }
}
