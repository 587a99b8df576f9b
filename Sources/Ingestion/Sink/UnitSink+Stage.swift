internal import JSON
import Postgres

/// Loading by the attempt's stage (migration m0017): a transaction for each chunk, whose last statement notes how far it
/// came; then one that applies all of it. The fence is checked in each.
extension UnitSink {
    func staged(_ open: Open, _ refused: inout [RowFault]) async throws -> RowCounts {
        let (records, examples) = try await begin(open, &refused)
        var quarantine = QuarantineText(unit, target, into: "\(stage)_quarantine", examples: examples)
        while true {
            let isDone: RowCounts? = try await connection.transaction { connection in
                try await connection.execute("SELECT sluice.begin_chunk(\(unit.epoch))")
                // The last chunk is applied where it is written: a small unit takes one transaction.
                if try await copyChunk(records, &quarantine) {
                    return try await apply(records, quarantine.examples, on: connection)
                }
                let state = StageProgress.State(
                    position: records.position, examples: quarantine.examples, refused: refused)
                try await connection.execute(
                    """
                    SELECT sluice.end_chunk(\(unit.epoch), \(records.sourceIdentity), \(plan),
                        \(String(decoding: state.json.encoded(), as: UTF8.self))::jsonb)
                    """)
                return nil
            }
            if let counts = isDone { return counts }
        }
    }

    /// As error contexts name it.
    var stageName: String { "d\(target.datasetID)_e\(unit.epoch)" }
    var stage: String { "sluice_stage.\(stageName)" }

    /// Opens the source where an earlier attempt has left it, or from its beginning, with an empty stage.
    private func begin(_ open: Open, _ refused: inout [RowFault]) async throws -> (RecordPipeline, [RowFault]) {
        guard let left = try await StageProgress.read(epoch: unit.epoch, on: connection) else {
            return (try await open(recordPlan(.staged, refused)), [])
        }
        switch try await goOn(with: left, open, refused) {
        case .success(let (records, state, all)):
            refused = all
            return (records, state.examples)
        case .failure(let hindrance):
            note(.beginsAnew(hindrance.why))
            try await connection.execute("SELECT sluice.restart_stage(\(unit.epoch))")
            return (try await open(recordPlan(.staged, refused)), [])
        }
    }

    private struct Hindered: Error { var why: StageHindrance }

    private func goOn(
        with left: StageProgress, _ open: Open, _ refused: [RowFault]
    ) async throws -> Result<(RecordPipeline, StageProgress.State, [RowFault]), Hindered> {
        guard left.plan == plan else { return .failure(Hindered(why: .planChanged)) }
        guard let source = left.source else { return .failure(Hindered(why: .sourceOfOneMoment)) }
        guard let state = left.state else { return .failure(Hindered(why: .unreadable)) }
        let all = refused + state.refused.filter { fault in !refused.contains { $0.line == fault.line } }
        let records = try await open(recordPlan(.staged, all))
        guard records.sourceIdentity == source else { return .failure(Hindered(why: .sourceChanged)) }
        let way = try await records.goOn(at: state.position)
        guard way != .impossible else { return .failure(Hindered(why: .unreadable)) }
        note(
            .goesOn(
                byteOffset: state.position.byteOffset, rows: state.position.counts.read, readsAgain: way == .readAgain))
        return .success((records, state, all))
    }

    /// Stages a chunk; whether the source is at its end.
    private func copyChunk(_ records: RecordPipeline, _ quarantine: inout QuarantineText) async throws -> Bool {
        let deadline = ContinuousClock.now + chunk.time
        var left = chunk.bytes
        while left > 0, .now < deadline {
            let (isAtEnd, bytes) = try await copy(records, .staged, &quarantine, atMost: left, until: deadline)
            if isAtEnd { return true }
            left -= bytes
        }
        return false
    }

    private func apply(
        _ records: RecordPipeline, _ examples: [RowFault], on connection: Connection
    ) async throws -> RowCounts {
        var counts = RowCounts(records.counts)
        try check(counts, examples)
        let rows = try await connection.query("SELECT sluice.apply_stage(\(unit.epoch))")
        counts.written = Int(try rows[0].decode(at: 0, as: Int64.self))
        counts.unchanged = records.counts.accepted - counts.written
        if counts.quarantined > 0 { try await connection.execute("SELECT sluice.apply_quarantine(\(unit.epoch))") }
        try await finish(counts, as: records.reading, on: connection)
        return counts
    }
}
