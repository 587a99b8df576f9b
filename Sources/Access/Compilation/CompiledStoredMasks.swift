import Catalog
import Postgres

/// What writes a dataset's stored masks: the trigger on its table, and the columns it writes; pure text.
struct CompiledStoredMasks: Sendable, Equatable {
    struct Column: Sendable, Equatable {
        var name: String
        var spelling: String
        /// The name of the column that it masks.
        var source: String
    }

    static let trigger = "sluice_stored_masks"

    /// By name.
    var columns: [Column]
    /// `nil`: there is none.
    var createFunction: String?

    init(_ dataset: DatasetDefinition) {
        var assignments: [(column: Column, sql: String)] = []
        for column in dataset.columns {
            for stored in dataset.storedMasks(on: column) {
                let written = Column(
                    name: stored.name, spelling: stored.spelling(of: column.type), source: column.name)
                let value = "NEW.\(SQL.quoted(identifier: column.name))"
                assignments.append((written, "NEW.\(stored.name) := \(stored.sql(value, of: column.type));"))
            }
        }
        columns = assignments.map(\.column).sorted { $0.name < $1.name }
        guard !assignments.isEmpty else { return }
        // A string body, but parsed with a search_path of its own, never the session's. The plans of its assignments hold
        // keys as constants, and whoever loads could have its session's plans printed to it.
        createFunction = """
            CREATE OR REPLACE FUNCTION \(Self.function(dataset.id)) RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            SET debug_print_plan = off AS $body$
            BEGIN
                \(assignments.map(\.sql).joined(separator: "\n    "))
                RETURN NEW;
            END $body$
            """
    }

    /// `store_masks_<dataset>()`: writes the stored masks of a row that comes or changes.
    static func function(_ dataset: Int64) -> String { "sluice.store_masks_\(dataset)()" }
}

extension DatasetDefinition {
    /// The stored columns that masks on the column read, sorted by name, each once.
    func storedMasks(on column: Column) -> [StoredMask] {
        Set(masks(on: column).compactMap { $0.body.stored(on: column.id, tokenKeys: tokenKeys) })
            .sorted { $0.name < $1.name }
    }
}
