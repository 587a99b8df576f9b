public import Catalog
public import JSON
import Postgres

extension Change {
    /// `POST /datasets`: the entry, its table, its row security and its view.
    public func makeDataset(_ body: JSONValue) async throws -> Outcome {
        let input = try Refusal.reading(body) { DatasetInput(&$0) }
        guard let domain = try await id(of: input.domain, in: "domain"),
            caller.authority.allows(.describe, on: domain)
        else { throw try await namesNoDomain(input.domain, at: "/domain") }
        try caller.authority.require(.write, on: domain, called: "domain \(input.domain)")
        var owner = caller.principalID
        if let name = input.owner { owner = try await principalID(named: name, at: "/owner") }
        return try await makeDataset(input, in: domain, owner: owner)
    }

    /// The same for who may write `domain`.
    func makeDataset(_ input: DatasetInput, in domain: Int64, owner: Int64?) async throws -> Outcome {
        let address = DatasetAddress(domain: input.domain, name: input.name)
        if try await dataset(at: address) != nil {
            throw Refusal(.conflict, "there is a dataset \(address) already", hint: "PATCH it, or choose another name.")
        }
        let rows = try await connection.query(
            """
            INSERT INTO sluice.dataset (domain_id, name, description, owner_id, history, primary_key, next_column_id)
            VALUES (\(domain), \(input.name), \(input.description), \(owner), \(input.history), \(input.primaryKey),
                \(Int64(input.columns.count + 1)))
            RETURNING id
            """)
        let id: Int64 = try rows[0].decode(at: 0)
        for (index, column) in input.columns.enumerated() {
            try await insertColumn(
                column, id: index + 1, position: index + 1, of: id, isKey: input.primaryKey.contains(column.name))
            guard !column.tags.isEmpty else { continue }
            try await setTags(column.tags, of: id, column: Int64(index + 1), at: "/columns/\(index)/tags")
        }
        try await connection.execute(
            "INSERT INTO sluice.dataset_gate (dataset_id, domain_id) VALUES (\(id), \(domain))")
        try await setOwner(owner, of: id)
        try await setTags(input.tags, ofDataset: id, at: "/tags")
        try await makeTable(id, input)
        datasets.insert(id)
        guard let document = try await Document.read(.dataset, id: id, on: connection) else {
            throw Refusal.notFound("dataset \(address)")
        }
        record("create", "dataset \(address)", dataset: id, before: nil, after: document, narrows: false)
        return Outcome(isNew: true, before: nil, document: document)
    }

    func insertColumn(_ column: ColumnInput, id: Int, position: Int, of dataset: Int64, isKey: Bool) async throws {
        try await connection.execute(
            """
            INSERT INTO sluice.dataset_column (dataset_id, id, name, type, nullable, description, position)
            VALUES (\(dataset), \(Int64(id)), \(column.name), \(column.type.spelling), \(column.nullable && !isKey),
                \(column.description), \(Int64(position)))
            """)
    }

    /// The table and its row security. The policy never changes afterwards: it calls the function that does.
    private func makeTable(_ id: Int64, _ input: DatasetInput) async throws {
        let table = CompiledDataset.table(id)
        var definitions = input.columns.map { column in
            let null = column.nullable ? "" : " NOT NULL"
            return "\(SQL.quoted(identifier: column.name)) \(column.type.spelling)\(null)"
        }
        if !input.primaryKey.isEmpty {
            definitions.append("PRIMARY KEY (\(input.primaryKey.map(SQL.quoted(identifier:)).joined(separator: ", ")))")
        }
        let rows = CompiledDataset.rowsFunction(id)
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        for statement in [
            "CREATE TABLE \(table) (\(definitions.joined(separator: ", ")))",
            "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY",
            "GRANT SELECT ON \(table) TO sluice_view",
            "CREATE FUNCTION \(rows)(r \(table)) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE RETURN false",
            "CREATE POLICY rows ON \(table) FOR SELECT TO sluice_view USING (\(rows)(d\(id).*))",
        ] {
            try await connection.execute(SQL(unsafe: statement))
        }
        let enforcer = Enforcer(connection: connection)
        try await enforcer.remember("table", table, nil, of: id)
        try await enforcer.remember("policy", table, nil, of: id)
        try await connection.execute("RESET ROLE")
    }

    /// `DELETE /datasets/{…}`: with its rows and the grants on it, unless a rule names it.
    public func deleteDataset(_ address: DatasetAddress, _ precondition: Precondition) async throws {
        let found = try await visibleDataset(at: address)
        try caller.authority.require(.manage, on: found.domainID, found.id, called: "dataset \(address)")
        try await delete(.dataset, at: "\(address)", precondition) { before in
            try await refuseIfUsed(
                "dataset \(address)",
                by: """
                    SELECT 'mask ' || name FROM sluice.mask WHERE dataset_id = \(before.id)
                    UNION ALL SELECT 'row filter ' || name FROM sluice.row_filter WHERE dataset_id = \(before.id)
                    UNION ALL SELECT 'deny rule ' || name FROM sluice.deny_rule WHERE dataset_id = \(before.id)
                    UNION ALL SELECT 'pipeline ' || p.address FROM sluice.pipeline_document AS p
                    WHERE EXISTS (
                        SELECT FROM json_array_elements(p.body -> 'steps') AS step
                        WHERE step -> 'ingest' -> 'to' ->> 'dataset' = \("\(address)"))
                    """)
            try await touchReaders(of: before.id)
            try await dropScope(before.id)
            try await dropTable(before.id, address)
            try await connection.execute("DELETE FROM sluice.dataset WHERE id = \(before.id)")
        }
        datasets.remove(found.id)
    }

    private func dropTable(_ id: Int64, _ address: DatasetAddress) async throws {
        let functions = try await connection.query(
            "SELECT object FROM sluice.enforcement WHERE dataset_id = \(id) AND kind = 'function'")
        try await locking(id, address, within: .seconds(2)) {
            // Before all else, as loads do: then each waits for the other and none for ever.
            try await connection.execute("LOCK TABLE \(raw: SQL(unsafe: CompiledDataset.table(id)))")
            try await connection.execute("DROP VIEW IF EXISTS \(identifier: address.domain, address.name)")
            try await connection.execute("DROP POLICY rows ON \(raw: SQL(unsafe: CompiledDataset.table(id)))")
            let trigger = CompiledStoredMasks.trigger
            try await connection.execute(
                "DROP TRIGGER IF EXISTS \(raw: SQL(unsafe: "\(trigger) ON \(CompiledDataset.table(id))"))")
            for function in functions {
                try await connection.execute("DROP FUNCTION \(raw: SQL(unsafe: function.decode(at: 0)))")
            }
            try await connection.execute("SELECT sluice.drop_ingest(\(id))")
            try await connection.execute("DROP TABLE \(raw: SQL(unsafe: CompiledDataset.table(id)))")
        }
    }
}
