import Catalog
import JSON
public import Postgres

/// A dataset's table as rows are loaded into it: valid in the transaction that locked it.
public struct LoadTarget: Sendable {
    /// The id in `sluice.dataset`, which names the table.
    public let datasetID: Int64
    /// In the order of the dataset.
    public let columns: [TargetColumn]
    /// Names of columns; empty without a key.
    public let primaryKey: [String]

    /// How long a load waits for a change of the table, or for another load that writes the same key.
    static let lockTimeout = "30s"

    public init(datasetID: Int64, columns: [TargetColumn], primaryKey: [String]) {
        self.datasetID = datasetID
        self.columns = columns
        self.primaryKey = primaryKey
    }

    /// Locks the table against being altered or dropped and reads its columns; `nil` when it is gone.
    ///
    /// The transaction acts as `sluice_owner` from here on. Loads do not exclude each other. The lock is the table's,
    /// not the catalog row's: whoever alters a table locks that too, so none of the columns read after it can change.
    public static func lock(_ datasetID: Int64, on connection: Connection) async throws -> LoadTarget? {
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        try await connection.execute("SET LOCAL lock_timeout = \(raw: SQL(unsafe: SQL.quoted(literal: lockTimeout)))")
        do throws(PostgresError) {
            try await connection.execute("LOCK TABLE \(raw: table(datasetID)) IN ROW EXCLUSIVE MODE")
        } catch {
            if error.sqlState == "42P01" { return nil }
            throw error
        }
        let rows = try await connection.query(
            """
            SELECT c.name, c.type, c.nullable, ds.primary_key
            FROM sluice.dataset AS ds JOIN sluice.dataset_column AS c ON c.dataset_id = ds.id
            WHERE ds.id = \(datasetID) ORDER BY c.position
            """)
        guard let first = rows.first else { return nil }
        return LoadTarget(
            datasetID: datasetID,
            columns: try rows.map { row in
                TargetColumn(
                    name: try row.decode(at: 0), type: try ColumnType(parsing: row.decode(at: 1)),
                    isNullable: try row.decode(at: 2))
            },
            primaryKey: try first.decode(at: 3))
    }

    /// Notes in the catalog that rows came, in the audit who brought them, and a data event; all commit with the rows.
    ///
    /// To be called last: the catalog row stays locked from here to the end of the transaction.
    public func record(
        _ counts: RowCounts, by principal: String, address: String, policyVersion: Int64, requestID: String,
        on connection: Connection
    ) async throws {
        // The version stays: the entity tag speaks of what is declared, which does not change.
        try await connection.execute(
            "UPDATE sluice.dataset SET loaded_at = clock_timestamp() WHERE id = \(datasetID)")
        let rows = String(decoding: counts.body.encoded(), as: UTF8.self)
        try await connection.execute(
            """
            INSERT INTO sluice.change_audit (principal, action, object, dataset_id, after, policy_version, request_id)
            VALUES (\(principal), 'load', \("dataset \(address)"), \(datasetID),
                jsonb_build_object('rows', \(rows)::jsonb), \(policyVersion), \(requestID))
            """)
        try await connection.execute(
            "INSERT INTO sluice.data_event (dataset_id, kind, counts) VALUES (\(datasetID), 'rows', \(rows)::jsonb)")
    }

    /// The name of the table in error contexts.
    var tableName: String { "d\(datasetID)" }

    var copyStatement: SQL {
        let names = columns.map { SQL.quoted(identifier: $0.name) }.joined(separator: ", ")
        return SQL(unsafe: "COPY store.\(tableName) (\(names)) FROM STDIN")
    }

    private static func table(_ datasetID: Int64) -> SQL { SQL(unsafe: "store.d\(datasetID)") }
}
