public import Catalog
public import JSON
import Postgres

extension Change {
    /// `PATCH /datasets/{…}` (JSON Merge Patch): description, owner, tags, and `columns` as a
    /// whole list.
    ///
    /// Columns are matched by name: new ones are added at the end (nullable), missing ones dropped with their values,
    /// types never change.
    public func patchDataset(
        _ address: DatasetAddress, _ body: JSONValue, _ precondition: Precondition
    ) async throws -> Outcome {
        let found = try await visibleDataset(at: address)
        try caller.authority.require(.manage, on: found.domainID, found.id, called: "dataset \(address)")
        let patch = try Refusal.reading(body) { DatasetPatch(&$0) }
        return try await put(.dataset, at: "\(address)", precondition) { _ in
            try await connection.execute(
                """
                UPDATE sluice.dataset SET description = \(raw: patch.description.value(else: "description")),
                    version = version + 1, updated_at = now()
                WHERE id = \(found.id)
                """)
            switch patch.owner {
            case .unchanged: break
            case .removed: try await changeOwner(nil, of: found.id)
            case .set(let name):
                try await changeOwner(try await principalID(named: name, at: "/owner"), of: found.id)
            }
            if let tags = patch.tags { try await setTags(tags, ofDataset: found.id, at: "/tags") }
            if let columns = patch.columns { try await setColumns(columns, of: found.id, address) }
        }
    }

    private func changeOwner(_ owner: Int64?, of id: Int64) async throws {
        try await connection.execute("UPDATE sluice.dataset SET owner_id = \(owner) WHERE id = \(id)")
        try await setOwner(owner, of: id)
    }

    private func setColumns(_ wanted: [ColumnInput], of id: Int64, _ address: DatasetAddress) async throws {
        let columns = try await DatasetDefinition.readColumns(of: id, on: connection)
        let key: [String] = try await connection.query(
            "SELECT primary_key FROM sluice.dataset WHERE id = \(id)")[0].decode(at: 0)
        let present = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0) })
        for (index, column) in wanted.enumerated() {
            guard let old = present[column.name] else { continue }
            if old.type != column.type {
                throw Refusal.invalid(
                    at: "/columns/\(index)/type", "is \(old.type) and cannot become \(column.type)",
                    hint: "Add a column of the new type and load it.")
            }
        }
        let dropped = columns.filter { old in !wanted.contains { $0.name == old.name } }
        if let lost = key.first(where: { name in dropped.contains { $0.name == name } }) {
            throw Refusal.invalid(at: "/columns", "must keep \(lost), a column of the primary key")
        }
        try await drop(dropped, of: id, address)
        try await add(wanted, besides: present, of: id, address)
        // The order of columns stays: a view's columns cannot change places, and readers of CSV count on them.
        for column in wanted where present[column.name].map({ $0.description != column.description }) ?? false {
            try await connection.execute(
                """
                UPDATE sluice.dataset_column SET description = \(column.description)
                WHERE dataset_id = \(id) AND name = \(column.name)
                """)
        }
        datasets.insert(id)
    }

    private func drop(_ columns: [DatasetDefinition.Column], of id: Int64, _ address: DatasetAddress) async throws {
        guard !columns.isEmpty else { return }
        for column in columns {
            try await refuseIfUsed(
                "column \(address).\(column.name)",
                by: """
                    SELECT 'mask ' || name FROM sluice.mask WHERE dataset_id = \(id) AND column_id = \(Int64(column.id))
                    UNION ALL SELECT 'deny rule ' || name FROM sluice.deny_rule
                    WHERE dataset_id = \(id) AND column_id = \(Int64(column.id))
                    UNION ALL SELECT 'grant ' || id FROM sluice.access_grant
                    WHERE scope_id = \(id) AND \(Int64(column.id)) = ANY (column_ids)
                    """)
        }
        let definition = try await DatasetDefinition.read(id, on: connection)
        for filter in definition.filtersInForce {
            let used = (try? definition.parse(filter: filter.body))?.columnsUsed ?? []
            if let column = columns.first(where: { used.contains($0.name) }) {
                throw Refusal(.inUse, "column \(address).\(column.name) is used by row filter \(filter.name)")
            }
        }
        try await locking(id, address, within: Self.lockPatience) {
            // A view cannot lose a column, so it is made anew, and functions that it calls no longer go then.
            try await connection.execute("DROP VIEW \(identifier: address.domain, address.name)")
            try await connection.execute(
                "DELETE FROM sluice.enforcement WHERE kind = 'view' AND object = \("\(address)")")
            for column in columns {
                try await connection.execute(
                    "ALTER TABLE \(raw: table(id)) DROP COLUMN \(identifier: column.name)")
                try await connection.execute(
                    "DELETE FROM sluice.dataset_column WHERE dataset_id = \(id) AND id = \(Int64(column.id))")
            }
        }
    }

    /// Adds the columns that are not `present`.
    func add(
        _ wanted: [ColumnInput], besides present: [String: DatasetDefinition.Column], of id: Int64,
        _ address: DatasetAddress
    ) async throws {
        for (index, column) in wanted.enumerated() where present[column.name] == nil {
            guard column.nullable else {
                throw Refusal.invalid(
                    at: "/columns/\(index)/nullable", "must be true for a new column: rows that exist have no value")
            }
            let rows = try await connection.query(
                """
                UPDATE sluice.dataset SET next_column_id = next_column_id + 1 WHERE id = \(id)
                RETURNING (next_column_id - 1)::bigint
                """)
            let columnID: Int64 = try rows[0].decode(at: 0)
            try await locking(id, address, within: Self.lockPatience) {
                try await connection.execute(
                    """
                    ALTER TABLE \(raw: table(id)) ADD COLUMN \(identifier: column.name)
                    \(raw: SQL(unsafe: column.type.spelling))
                    """)
            }
            try await insertColumn(column, id: Int(columnID), position: Int(columnID), of: id, isKey: false)
            guard !column.tags.isEmpty else { continue }
            try await setTags(column.tags, of: id, column: columnID, at: "/columns/\(index)/tags")
        }
    }

    /// How long readers and loads may keep a change of columns waiting, which keeps those after it waiting.
    private static let lockPatience = Duration.milliseconds(200)

    private func table(_ id: Int64) -> SQL { SQL(unsafe: CompiledDataset.table(id)) }
}

/// The body of `PATCH /datasets/{…}`.
struct DatasetPatch {
    var description: JSONFieldChange<String>
    var owner: JSONFieldChange<String>
    var tags: [String]?
    var columns: [ColumnInput]?

    init(_ fields: inout JSONFields) {
        description = fields.changedText("description", limit: 10_000)
        owner = fields.change("owner")
        tags = fields.optional("tags")
        columns = fields.optionalObjects("columns") { ColumnInput(&$0) }
        if let columns { fields.check(columns: columns, primaryKey: []) }
    }
}
