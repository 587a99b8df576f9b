public import Postgres

extension LoadTarget {
    /// COPY data of one statement. libpq tells of a failed COPY only at its end, so an upload is made of several: what
    /// is wrong with a row is known at most this much later, and only this much has to be traced back to its lines.
    static let statementBytes = 8 << 20
    /// How long Postgres may leave the data unread, or take to finish a statement: longer than `lockTimeout`.
    static let silence = Duration.seconds(120)

    /// Writes every row of an upload into the table, in the connection's transaction.
    ///
    /// Memory does not grow with the upload. `next` is asked for more when Postgres has taken what there was.
    ///
    /// - Parameter next: The upload's bytes, cut anywhere; `nil` at the end.
    /// - Throws: `RowErrors` for rows that cannot be loaded, and what `next` and the connection throw. The transaction
    ///   must be rolled back then.
    public func load(
        _ format: RowDecoder.Format, on connection: Connection, from next: () async throws -> [UInt8]?
    ) async throws -> RowCounts {
        var upload = Upload(RowDecoder(format, columns: columns))
        var written = 0
        var isAtEnd = false
        while !isAtEnd {
            let before = upload.rowCount
            upload.forgetLines()
            do {
                written += try await connection.copyIn(copyStatement, timeout: Self.silence) { writer in
                    isAtEnd = try await Self.write(&upload, from: next, to: writer)
                }
            } catch let error as PostgresError {
                guard let place = CopyFailure(error, table: tableName),
                    let rowError = rowError(error, place, of: upload, rowsBefore: before)
                else { throw error }
                throw RowErrors(errors: upload.errors + [rowError])
            }
        }
        return RowCounts(read: upload.rowCount, written: written)
    }

    /// Writes the data of one statement. Returns whether the upload is at its end.
    private static func write(
        _ upload: inout Upload, from next: () async throws -> [UInt8]?, to writer: CopyWriter
    ) async throws -> Bool {
        var output: [UInt8] = []
        var sent = 0
        while sent < statementBytes, !upload.lines.isFull {
            guard try await upload.read(into: &output, from: next) else { return true }
            try await writer.write(output)
            sent += output.count
            // A fast client and a fast database would never let the loop's other tasks run.
            await Task.yield()
        }
        return false
    }

    private func rowError(
        _ error: PostgresError, _ place: CopyFailure, of upload: Upload, rowsBefore: Int
    ) -> RowError? {
        // Rows are counted without the wrong records among them, which were not written.
        var record = rowsBefore + place.row
        for wrong in upload.errors.compactMap(\.record) where wrong <= record { record += 1 }
        guard let line = upload.lines.line(ofRow: place.row - 1) else { return nil }
        return place.rowError(error, columns: columns, primaryKey: primaryKey, line: line, record: record)
    }
}
