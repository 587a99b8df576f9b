import Catalog
import Postgres

/// Brings a dataset's functions and view to what its definition compiles to, inside the change's transaction.
struct Enforcer {
    /// How long a change waits for readers of a view it must replace. Readers that come meanwhile wait as long.
    static let lockTimeout = "200ms"

    let connection: Connection

    /// What became of one dataset.
    enum Outcome: Equatable {
        case unchanged
        case replaced
        /// Readers hold the view: its gate is shut, `rebuildView` must be tried again after the commit.
        case gateShut
    }

    /// Compiles dataset `id` and applies the difference.
    func enforce(_ id: Int64) async throws -> Outcome {
        let definition = try await DatasetDefinition.read(id, on: connection)
        try await noteGaps(definition)
        try await connection.execute("DELETE FROM sluice.dataset_denial WHERE dataset_id = \(id)")
        try await connection.execute(
            """
            INSERT INTO sluice.dataset_denial (dataset_id, rule_id)
            SELECT \(id), r FROM unnest(\(definition.closingDenials.map(\.id))) AS r
            """)
        let compiled = CompiledDataset(definition)
        var outcome = Outcome.unchanged
        let known = try await knownSources(of: id)
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        for function in compiled.functions {
            let present = known[function.signature]
            if let text = present?.text, present?.source == function.create(text: text) { continue }
            let text = try await newTextID()
            let create = function.create(text: text)
            try await connection.execute(SQL(unsafe: create))
            try await connection.execute(
                "GRANT EXECUTE ON FUNCTION \(raw: SQL(unsafe: function.signature)) TO sluice_reader")
            try await remember("function", function.signature, create, text: text, of: id)
            outcome = .replaced
        }
        try await connection.execute("RESET ROLE")
        let view = "\(definition.address)"
        if known[view]?.source != compiled.view {
            outcome = try await replaceView(compiled, of: definition, known: known) ? .replaced : .gateShut
        } else {
            // Shut for a change that was not made, or that needed no other view.
            try await connection.execute(
                "UPDATE sluice.dataset_gate SET shut = false WHERE dataset_id = \(id) AND shut")
        }
        try await connection.execute(
            """
            UPDATE sluice.dataset_column SET governed = true
            WHERE dataset_id = \(id) AND NOT governed AND id = ANY (\(compiled.governed.map(Int64.init)))
            """)
        return outcome
    }

    /// Replaces the view, or shuts the dataset's gate when readers hold it for longer than `lockTimeout`.
    private func replaceView(
        _ compiled: CompiledDataset, of definition: DatasetDefinition, known: [String: (source: String, text: Int64?)]
    ) async throws -> Bool {
        try await connection.execute("SAVEPOINT view")
        do {
            try await connection.execute("SET LOCAL lock_timeout = \(raw: SQL(unsafe: "'\(Self.lockTimeout)'"))")
            // The table before the view, as who deletes the dataset does.
            try await addStoredMasks(compiled.storedMasks, of: definition.id)
            try await connection.execute("SET LOCAL ROLE sluice_view")
            try await connection.execute(SQL(unsafe: compiled.view))
            try await connection.execute(
                """
                GRANT SELECT ON \(identifier: definition.address.domain, definition.address.name)
                TO \(identifier: definition.readerRole)
                """)
            try await connection.execute("RESET ROLE")
            try await dropStoredMasks(besides: compiled.storedMasks, of: definition.id)
            try await dropFunctions(known.keys.filter { $0.hasPrefix("sluice.col_") }, besides: compiled)
            try await connection.execute("SET LOCAL lock_timeout = 0")
            try await remember("view", "\(definition.address)", compiled.view, of: definition.id)
            try await connection.execute(
                "UPDATE sluice.dataset_gate SET shut = false WHERE dataset_id = \(definition.id) AND shut")
            try await connection.execute("RELEASE SAVEPOINT view")
            return true
        } catch let error as PostgresError where error.sqlState == "55P03" {
            try await connection.execute("ROLLBACK TO SAVEPOINT view")
            try await connection.execute(
                "UPDATE sluice.dataset_gate SET shut = true WHERE dataset_id = \(definition.id)")
            return false
        }
    }

    /// Drops functions of columns that the view calls no longer: the column has gone, or has other stored masks.
    private func dropFunctions(_ known: [String], besides compiled: CompiledDataset) async throws {
        let unused = Set(known).subtracting(compiled.functions.map(\.signature)).sorted()
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        for signature in unused {
            try await connection.execute(SQL(unsafe: "DROP FUNCTION \(signature)"))
            try await forget("function", signature)
        }
        try await connection.execute("RESET ROLE")
    }

    private func newTextID() async throws -> Int64 {
        try await connection.query("SELECT nextval('sluice.object_id')")[0].decode(at: 0)
    }

    /// The text from which each function and the view of dataset `id` were made, and its id.
    private func knownSources(of id: Int64) async throws -> [String: (source: String, text: Int64?)] {
        let rows = try await connection.query(
            "SELECT object, source, text_id FROM sluice.enforcement WHERE dataset_id = \(id) AND source IS NOT NULL")
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (try row.decode(at: 0, as: String.self), (try row.decode(at: 1), try row.decode(at: 2)))
            })
    }

    /// Keeps what was made, as text and as Postgres describes it, for the next change and for the drift check.
    func remember(
        _ kind: String, _ object: String, _ source: String?, text: Int64? = nil, of dataset: Int64?
    ) async throws {
        try await connection.execute(
            """
            INSERT INTO sluice.enforcement (kind, object, dataset_id, source, definition, text_id)
            VALUES (\(kind), \(object), \(dataset), \(source), sluice.described(\(kind), \(object)), \(text))
            ON CONFLICT (kind, object) DO UPDATE
            SET source = excluded.source, definition = excluded.definition, dataset_id = excluded.dataset_id,
                text_id = excluded.text_id
            """)
    }

    func forget(_ kind: String, _ object: String) async throws {
        try await connection.execute(
            "DELETE FROM sluice.enforcement WHERE kind = \(kind) AND object = \(object)")
    }
}
