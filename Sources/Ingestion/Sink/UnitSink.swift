import Catalog
import JSON
public import Postgres

/// Loads one unit into its dataset: all of its rows, its quarantine and its result in one transaction, or nothing.
///
/// The connection is a session of the dataset's ingest role (migration m0013), which can add rows and call the functions
/// that begin and end a load. A unit whose fence was raised meanwhile fails with `fenced`, whatever it has done so far.
public struct UnitSink {
    /// Opens the source from its beginning. The plan has what is the sink's to say: the columns, whether rows are
    /// numbered, and the records that Postgres refuses; the caller adds what the step says.
    public typealias Open = (RecordPlan) async throws -> RecordPipeline

    /// How long Postgres may leave the data unread, or take to finish a statement.
    static let silence = Duration.seconds(600)

    let connection: Connection
    let unit: LoadUnit
    let target: UnitTarget
    let progress: (RecordCounts) -> Void

    /// - Parameter progress: Called with each batch; cheap, or it slows the load.
    public init(
        connection: Connection, unit: LoadUnit, target: UnitTarget, progress: @escaping (RecordCounts) -> Void
    ) {
        self.connection = connection
        self.unit = unit
        self.target = target
        self.progress = progress
    }

    /// Loads what `open` gives, from its beginning again where that is what it takes.
    ///
    /// - Throws: `SinkFailure`, `SourceFailure`, `PostgresError`. After `.connectionFailed` from the COMMIT it is for the
    ///   next attempt to find out what happened: by the unit's result.
    public func load(_ open: Open) async throws -> RowCounts {
        var refused: [RowFault] = []
        var way = try await firstWay()
        while true {
            do {
                var plan = RecordPlan(target: target.columns, hasOrdinal: way == .staged)
                plan.refused = Dictionary(uniqueKeysWithValues: refused.map { ($0.line, $0) })
                return try await attempt(way, open(plan))
            } catch let refusal as RefusedRow {
                if refusal.isDuplicateKey {
                    guard target.mode == .upsert, way == .direct else { throw duplicateKey(refusal.fault) }
                    way = .staged
                    continue
                }
                guard refused.count < Self.maxRefused, !refused.contains(where: { $0.line == refusal.fault.line })
                else {
                    throw SinkFailure(
                        .tooManyRefused, "Postgres refuses more than \(Self.maxRefused) rows of the unit",
                        hint: "Declare the columns to blame as text, or mend the source.", rows: refused)
                }
                refused.append(refusal.fault)
            } catch let error as PostgresError {
                throw SinkFailure(error) ?? error
            }
        }
    }

    /// Rows that look right and that Postgres refuses: each costs a new beginning, so there are not many of them.
    static let maxRefused = 20

    /// How the rows reach the table.
    enum Way {
        /// By COPY into the table.
        case direct
        /// By COPY into the attempt's stage, then by key.
        case staged
    }

    /// An upsert into an empty dataset goes straight in, and by the stage if a key turns out to come twice.
    private func firstWay() async throws -> Way {
        guard target.mode == .upsert else { return .direct }
        let rows = try await connection.query("SELECT sluice.dataset_is_empty()")
        return try rows[0].decode(at: 0) ? .direct : .staged
    }

    private func attempt(_ way: Way, _ records: RecordPipeline) async throws -> RowCounts {
        return try await connection.transaction { connection in
            try await connection.execute("SELECT sluice.check_fence(\(unit.epoch))")
            if target.mode == .replace { try await connection.execute("SELECT sluice.clear_dataset()") }
            var quarantine = QuarantineText(unit, target)
            try await copy(records, way, &quarantine)
            var counts = RowCounts(records.counts)
            try check(counts, quarantine.examples)
            if way == .staged {
                let rows = try await connection.query("SELECT sluice.apply_stage(\(unit.epoch))")
                counts.written = Int(try rows[0].decode(at: 0, as: Int64.self))
                counts.unchanged = records.counts.accepted - counts.written
            }
            if counts.quarantined > 0 { try await keepSource(as: records.reading) }
            try await connection.execute(unit.finish(counts, in: target))
            return counts
        }
    }

    /// Notes how the records in quarantine were read, for a replay.
    private func keepSource(as reading: RecordReading) async throws {
        try await connection.execute(
            """
            SELECT sluice.keep_source(\(unit.epoch), \(unit.run), \(unit.step), \(unit.name), \(unit.pipeline),
                \(unit.pipelineAddress), \(JSONText(String(decoding: reading.json.encoded(), as: UTF8.self))))
            """)
    }

    private func check(_ counts: RowCounts, _ examples: [RowFault]) throws(SinkFailure) {
        guard counts.quarantined > 0 else { return }
        let share = Double(counts.quarantined) / Double(counts.read)
        guard counts.quarantined == counts.read || share > target.maxQuarantinedShare else { return }
        throw SinkFailure(
            .tooManyQuarantined,
            "\(counts.quarantined) of \(counts.read) rows did not pass, more than maxQuarantinedShare allows",
            hint: "Nothing was loaded. Look at the first faulty rows, then mend the source, the columns or the checks.",
            rows: examples)
    }

    private func duplicateKey(_ fault: RowFault) -> SinkFailure {
        SinkFailure(
            .duplicateKey, "line \(fault.line): \(fault.error)",
            hint: "Load with mode upsert, or add a unique check on the key that quarantines the later row.",
            rows: [fault])
    }
}

extension RowCounts {
    /// Of rows that all go in as they are.
    public init(_ counts: RecordCounts) {
        self.init(read: counts.read, written: counts.accepted)
        quarantined = counts.quarantined
        dropped = counts.dropped
        warned = counts.warned
    }
}
