import Catalog
import Postgres

extension ReplaySink {
    /// Writes the page's rows into the stage. A row that Postgres does not take stays in quarantine; the others go in, each
    /// written at most twice.
    func stage(_ page: inout ReplayPage, _ ingest: IngestSpec) async throws {
        let rows = page.rows
        var first = 0
        while first < rows.count {
            try await connection.execute("SAVEPOINT rows")
            do {
                try await copy(rows[first...], of: page)
                first = rows.count
            } catch let error as PostgresError {
                guard let failure = CopyFailure(error, table: stageName), first + failure.row <= rows.count else {
                    throw error
                }
                let index = first + failure.row - 1
                guard
                    let fault = failure.rowError(
                        error, columns: target.columns, primaryKey: target.primaryKey, line: rows[index].line,
                        record: nil)
                else { throw error }
                guard ingest.onTypeError == .quarantine else {
                    throw SourceFailure(
                        .typeError, "\(rows[index].place): \(fault.message)", line: fault.line, column: fault.column)
                }
                try await connection.execute("ROLLBACK TO SAVEPOINT rows")
                if index > first { try await copy(rows[first..<index], of: page) }
                page.keep(
                    ReplayPage.Kept(
                        id: rows[index].id, rule: fault.code.rawValue, column: fault.column, error: fault.message))
                first = index + 1
            }
            try await connection.execute("RELEASE SAVEPOINT rows")
        }
    }

    private func copy(_ rows: ArraySlice<ReplayPage.PageRow>, of page: ReplayPage) async throws {
        let names = target.columns.map { SQL.quoted(identifier: $0.name) }.joined(separator: ", ")
        let statement = SQL(unsafe: "COPY sluice_stage.\(stageName) (sluice_ordinal, \(names)) FROM STDIN")
        guard let first = rows.first, let last = rows.last else { return }
        // What makes no row has left no bytes, so they stand one behind the other.
        let bytes = Array(page.bytes[first.range.lowerBound..<last.range.upperBound])
        _ = try await connection.copyIn(statement, timeout: UnitSink.silence) { writer in
            try await writer.write(bytes)
        }
    }

    private var stageName: String { "d\(target.datasetID)_e\(unit.epoch)" }
}
