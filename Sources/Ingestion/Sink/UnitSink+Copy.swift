import Catalog
import Postgres

extension UnitSink {
    /// COPY data of one statement: only this much is remembered by row, to say which one Postgres refuses.
    static let statementBytes = 32 << 20

    /// Writes records by one statement into the table or the stage, and then what of them is quarantined; returns whether
    /// there are no more, and how many bytes it were.
    ///
    /// - Parameters:
    ///   - bytes: After which it ends, at most `statementBytes`.
    ///   - deadline: When it ends, even so.
    func copy(
        _ records: RecordPipeline, _ way: Way, _ quarantine: inout QuarantineText, atMost bytes: Int,
        until deadline: ContinuousClock.Instant? = nil
    ) async throws -> (isAtEnd: Bool, bytes: Int) {
        let bytes = min(bytes, Self.statementBytes)
        var batch = CopyBatch()
        var isAtEnd = false
        var places = RowPlaces()
        do {
            _ = try await connection.copyIn(copyStatement(way), timeout: Self.silence) { writer in
                while places.byteCount < bytes, !quarantine.isDue {
                    guard try await records.next(into: &batch) else {
                        isAtEnd = true
                        return
                    }
                    quarantine.append(batch.quarantined)
                    places.append(batch)
                    if batch.rows > 0 { try await writer.write(batch.bytes) }
                    progress(records.counts)
                    if let deadline, .now >= deadline { return }
                }
            }
        } catch let error as PostgresError {
            throw refusedRow(error, places, way) ?? error
        }
        let rows = quarantine.take()
        if !rows.isEmpty {
            _ = try await connection.copyIn(quarantine.copyStatement, timeout: Self.silence) { writer in
                try await writer.write(rows)
            }
        }
        return (isAtEnd, places.byteCount + rows.count)
    }

    private func copyStatement(_ way: Way) -> SQL {
        let names = target.columns.map { SQL.quoted(identifier: $0.name) }.joined(separator: ", ")
        return switch way {
        case .direct: SQL(unsafe: "COPY \(target.table) (\(names)) FROM STDIN")
        case .staged: SQL(unsafe: "COPY \(stage) (sluice_ordinal, \(names)) FROM STDIN")
        }
    }

    private func refusedRow(_ error: PostgresError, _ places: RowPlaces, _ way: Way) -> RefusedRow? {
        let table = way == .direct ? target.tableName : stageName
        guard let failure = CopyFailure(error, table: table), let line = places.line(ofRow: failure.row - 1),
            let rowError = failure.rowError(
                error, columns: target.columns, primaryKey: target.primaryKey, line: line, record: nil)
        else { return nil }
        return RefusedRow(
            fault: RowFault(
                line: line, column: rowError.column, rule: rowError.code.rawValue, error: rowError.message),
            isDuplicateKey: rowError.code == .duplicateKey)
    }
}

/// A row that could be decoded and that Postgres does not take.
struct RefusedRow: Error {
    var fault: RowFault
    var isDuplicateKey: Bool
}

/// The lines of one statement's rows.
private struct RowPlaces {
    private var batches: [(firstRow: Int, lines: RowLines)] = []
    private var rowCount = 0
    private(set) var byteCount = 0

    mutating func append(_ batch: CopyBatch) {
        batches.append((rowCount, batch.lines))
        rowCount += batch.rows
        byteCount += batch.bytes.count
    }

    /// Of row `index` of the statement, from 0.
    func line(ofRow index: Int) -> Int? {
        guard let batch = batches.last(where: { $0.firstRow <= index }) else { return nil }
        return batch.lines.line(ofRow: index - batch.firstRow)
    }
}
