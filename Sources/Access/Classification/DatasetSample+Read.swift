internal import Classification
import Postgres

extension DatasetSample {
    /// Of the table's rows these few hold more than any sample needs.
    private static let smallTable = 5000.0

    /// A sample of the dataset's rows, read as the tables' owner, whom no rule binds, within 10 s; and the year it is.
    ///
    /// Of a long table pages are drawn (`TABLESAMPLE SYSTEM`); where those hold too few rows, its first rows are read.
    /// - Parameter connection: In a transaction, whose role and time budget this sets.
    static func read(
        _ dataset: Int64, _ columns: [DatasetDefinition.Column], on connection: Connection
    ) async throws -> (sample: DatasetSample, year: Int) {
        try await connection.execute("SET LOCAL ROLE sluice_owner")
        try await connection.execute("SET LOCAL statement_timeout = '10s'")
        try await connection.execute("SET LOCAL lock_timeout = '1s'")
        let table = CompiledDataset.table(dataset)
        let facts = try await connection.query(
            """
            SELECT c.reltuples::float8, extract(year FROM now())::bigint
            FROM pg_class AS c WHERE c.oid = to_regclass(\(table))
            """)
        guard let row = facts.first else { throw ClassificationFailure.gone }
        let (rowCount, year): (Double, Int64) = (try row.decode(at: 0), try row.decode(at: 1))
        let bounds = bounds(ofColumns: columns.count)
        var found: [Row] = []
        if rowCount > smallTable {
            let percent = min(100, 300 * Double(bounds.rows) / rowCount)
            found = try await connection.query(
                select(columns, from: "\(table) TABLESAMPLE SYSTEM (\(percent))", bounds))
        }
        if found.count < bounds.rows / 4 {
            found = try await connection.query(select(columns, from: table, bounds))
        }
        return (try DatasetSample(columns, found), Int(year))
    }

    private static func select(
        _ columns: [DatasetDefinition.Column], from source: String, _ bounds: (rows: Int, characters: Int)
    ) -> SQL {
        let values = columns.map { "left(\(SQL.quoted(identifier: $0.name))::text, \(bounds.characters))" }
        let list = values.isEmpty ? "NULL" : values.joined(separator: ", ")
        return SQL(unsafe: "SELECT \(list) FROM \(source) LIMIT \(bounds.rows)")
    }

    private init(_ columns: [DatasetDefinition.Column], _ rows: [Row]) throws {
        columnIDs = columns.map(\.id)
        samples = columns.map { ColumnSample(name: $0.name, type: $0.type.spelling) }
        rowCount = rows.count
        for row in rows {
            for index in columns.indices {
                guard let text = try row.decode(at: index, as: String?.self) else { continue }
                samples[index].add(text.utf8)
            }
        }
    }
}

/// Why a dataset could not be classified, in the words of `failure` in its classification.
enum ClassificationFailure: String, Error {
    /// Its rows were not read within the time that there is for it.
    case outOfTime = "out_of_time"
    /// Something holds its table: a change of its columns.
    case locked
    /// It was deleted meanwhile.
    case gone
    /// The server's log has the reason.
    case failed

    init(_ error: any Error) {
        if let failure = error as? ClassificationFailure {
            self = failure
        } else {
            switch (error as? PostgresError)?.sqlState {
            case "57014": self = .outOfTime
            case "55P03": self = .locked
            default: self = .failed
            }
        }
    }
}
