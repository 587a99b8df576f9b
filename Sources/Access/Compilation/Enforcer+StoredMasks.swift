import Postgres

/// Both parts lock the dataset's table against everybody, so they run where the view is replaced, with its time-out.
extension Enforcer {
    /// Adds the columns of stored masks that are missing, and the trigger that writes them: before the view reads them.
    func addStoredMasks(_ stored: CompiledStoredMasks, of id: Int64) async throws {
        let present = try await storedColumns(of: id)
        guard Set(stored.columns.map(\.name)) != present, let createFunction = stored.createFunction else { return }
        let table = CompiledDataset.table(id)
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        for column in stored.columns where !present.contains(column.name) {
            try await connection.execute(
                SQL(unsafe: "ALTER TABLE \(table) ADD COLUMN \(column.name) \(column.spelling)"))
            try await connection.execute(
                """
                INSERT INTO sluice.stored_mask (dataset_id, name, source, next_block)
                VALUES (\(id), \(column.name), \(column.source), 0)
                """)
        }
        let function = CompiledStoredMasks.function(id)
        try await connection.execute(SQL(unsafe: createFunction))
        try await connection.execute(
            SQL(
                unsafe: """
                    CREATE OR REPLACE TRIGGER \(CompiledStoredMasks.trigger) BEFORE INSERT OR UPDATE ON \(table)
                    FOR EACH ROW EXECUTE FUNCTION \(function)
                    """))
        try await remember("function", function, createFunction, of: id)
        try await remember("trigger", table, nil, of: id)
        try await connection.execute("RESET ROLE")
    }

    /// Drops the columns that no mask reads any longer, and what wrote them: after the view has stopped reading them.
    func dropStoredMasks(besides stored: CompiledStoredMasks, of id: Int64) async throws {
        let unread = try await storedColumns(of: id).subtracting(stored.columns.map(\.name)).sorted()
        guard !unread.isEmpty else { return }
        let table = CompiledDataset.table(id)
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        if let createFunction = stored.createFunction {
            try await connection.execute(SQL(unsafe: createFunction))
            try await remember("function", CompiledStoredMasks.function(id), createFunction, of: id)
        } else {
            try await connection.execute(SQL(unsafe: "DROP TRIGGER \(CompiledStoredMasks.trigger) ON \(table)"))
            try await forget("trigger", table)
            try await connection.execute(SQL(unsafe: "DROP FUNCTION \(CompiledStoredMasks.function(id))"))
            try await forget("function", CompiledStoredMasks.function(id))
        }
        for name in unread {
            try await connection.execute(SQL(unsafe: "ALTER TABLE \(table) DROP COLUMN \(name)"))
        }
        try await connection.execute(
            "DELETE FROM sluice.stored_mask WHERE dataset_id = \(id) AND name = ANY (\(unread))")
        try await connection.execute("RESET ROLE")
    }

    private func storedColumns(of id: Int64) async throws -> Set<String> {
        let rows = try await connection.query("SELECT name FROM sluice.stored_mask WHERE dataset_id = \(id)")
        return Set(try rows.map { try $0.decode(at: 0) })
    }
}
