public import Catalog
public import Postgres

/// Replays records of a dataset's quarantine: rows that pass now go in, the others stay with what is wrong with them now,
/// and the result is written, all in one transaction or not at all.
///
/// The connection is a session of the dataset's ingest role. It gives the records that the attempt was started for
/// (`sluice.begin_replay`, migration m0015), a page at a time: memory does not grow with how many there are. Every row goes
/// by the attempt's stage, under its record's id.
public struct ReplaySink {
    let connection: Connection
    let unit: LoadUnit
    let target: UnitTarget
    let progress: (RowCounts) -> Void

    /// - Parameters:
    ///   - target: With mode `append` and `replace` rows are added to those that are there: a part of what was read never
    ///     takes the place of all. `maxQuarantinedShare` is not asked.
    ///   - progress: Called with each page.
    public init(
        connection: Connection, unit: LoadUnit, target: UnitTarget, progress: @escaping (RowCounts) -> Void
    ) {
        self.connection = connection
        self.unit = unit
        self.target = target
        self.progress = progress
    }

    /// Reads every record again, as `ingest` says.
    ///
    /// - Throws: `SinkFailure`, `SourceFailure`, `PostgresError`, as `UnitSink.load`.
    public func replay(_ ingest: IngestSpec) async throws -> RowCounts {
        do {
            return try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.check_fence(\(unit.epoch))")
                var counts = RowCounts()
                try await stageAll(ingest, &counts)
                try await judgeRepeats(ingest, &counts)
                let staged = counts.read - counts.quarantined - counts.dropped
                let rows = try await connection.query("SELECT sluice.apply_replay(\(unit.epoch), \(isByKey))")
                counts.written = try rows[0].decode(at: 0)
                counts.unchanged = staged - counts.written
                try await connection.execute(unit.finish(counts, in: target))
                return counts
            }
        } catch let error as PostgresError { throw SinkFailure(error) ?? error }
    }

    private var isByKey: Bool { target.mode == .upsert }

    // MARK: Records

    private func stageAll(_ ingest: IngestSpec, _ counts: inout RowCounts) async throws {
        var plan = RecordPlan(target: target.columns, declared: ingest.columns, checks: ingest.checks)
        plan.onTypeError = ingest.onTypeError
        plan.onNewColumn = ingest.onNewColumn
        // All of them must make sense; those that look at several rows come later.
        _ = try RowChecks(plan.checks, columns: plan.target, limits: .ingest)
        plan.checks.removeAll { $0.rule == .unique }
        var decoder = try ReplayDecoder(plan, source: ingest.from)
        var source: (run: Int64, name: String)?
        var last: Int64 = 0
        while true {
            let records = try await page(after: last)
            guard let end = records.last else { return }
            last = end.id
            var page = ReplayPage()
            for record in records {
                if source?.run != record.run || source?.name != record.source {
                    source = (record.run, record.source)
                    try decoder.begin(try await reading(record), of: "\(record.source) of run \(record.run)")
                }
                let begin = page.begin(record)
                page.end(record, begin, try decoder.decode(record, into: &page.bytes))
            }
            try await stage(&page, ingest)
            try await settle(page)
            counts.read += records.count
            counts.quarantined += page.kept.count
            counts.dropped += page.dropped.count
            counts.warned = decoder.warned
            progress(counts)
        }
    }

    private func page(after id: Int64) async throws -> [KeptRecord] {
        try await connection.query(
            """
            SELECT p.id, p.run_id, p.source, p.line, p.byte_offset, p.bytes
            FROM sluice.replay_page(\(unit.epoch), \(id)) AS p ORDER BY p.id
            """
        ).map { row in
            KeptRecord(
                id: try row.decode(at: 0), run: try row.decode(at: 1), source: try row.decode(at: 2),
                line: try row.decode(at: 3), byteOffset: try row.decode(at: 4),
                bytes: try row.decode(at: 5, as: ByteString.self).bytes)
        }
    }

    /// How the record's source was read; `nil` when that is not known.
    private func reading(_ record: KeptRecord) async throws -> RecordReading? {
        let rows = try await connection.query(
            "SELECT sluice.replay_reading(\(unit.epoch), \(record.run), \(record.source))::text")
        return try rows[0].decode(at: 0, as: String?.self).map { try RecordReading.parse($0) }
    }

    /// Says what became of the records that make no row.
    private func settle(_ page: ReplayPage) async throws {
        if !page.kept.isEmpty {
            try await connection.execute(
                """
                SELECT sluice.keep_records(\(unit.epoch), \(page.kept.map(\.id)), \(page.kept.map(\.rule)),
                    \(page.kept.map(\.column)), \(page.kept.map(\.error)))
                """)
        }
        if !page.dropped.isEmpty {
            try await connection.execute("SELECT sluice.drop_records(\(unit.epoch), \(page.dropped))")
        }
    }

    // MARK: Rows together

    /// Judges what several rows are needed for: `unique` checks and, where rows are added, the primary key. A row of the
    /// dataset is an earlier one.
    private func judgeRepeats(_ ingest: IngestSpec, _ counts: inout RowCounts) async throws {
        for check in ingest.checks where check.rule == .unique {
            let column = check.columns.count == 1 ? check.columns[0] : nil
            let found = try await judgeRepeats(
                check.name, check.columns, outcome: check.onFailure, column, "has the value of an earlier row")
            switch check.onFailure {
            case .quarantine: counts.quarantined += found
            case .drop: counts.dropped += found
            case .warn: counts.warned += found
            case .fail:
                guard found > 0 else { continue }
                throw SourceFailure(
                    .checkFailed, "\(found) records have the values of earlier rows (\(check.name))", column: column)
            }
        }
        guard !isByKey, !target.primaryKey.isEmpty else { return }
        counts.quarantined += try await judgeRepeats(
            RowError.Code.duplicateKey.rawValue, target.primaryKey, outcome: .quarantine,
            target.primaryKey.count == 1 ? target.primaryKey[0] : nil,
            "the primary key (\(target.primaryKey.joined(separator: ", "))) is taken by another row")
    }

    private func judgeRepeats(
        _ rule: String, _ columns: [String], outcome: CheckSpec.OnFailure, _ column: String?, _ error: String
    ) async throws -> Int {
        let rows = try await connection.query(
            """
            SELECT sluice.judge_repeats(\(unit.epoch), \(rule), \(columns), \(isByKey), \(outcome.rawValue), \(column),
                \(error))
            """)
        return try rows[0].decode(at: 0)
    }
}
