import Catalog
import JSON
import Postgres
import Store

extension Leader {
    /// Fires what is due; returns whether something was left for the next iteration.
    func fireSchedules(_ book: inout ScheduleBook, _ term: Int64, _ now: UnixTime) async throws -> Bool {
        let changed = book.changed(in: try await versions())
        for id in changed.prefix(Self.batch) {
            if let entry = try await entry(id, term) { book.note(entry) }
        }
        let due = book.due(at: now)
        for (pipeline, nominalTime, isCatchUp) in due.prefix(Self.batch) {
            let row = try await call(
                """
                SELECT run_id FROM sluice.fire(
                    \(term), \(pipeline.id), \(pipeline.address), \(pipeline.domainID), \(JSONText(pipeline.spec.text)),
                    \(nominalTime.description)::timestamptz, \(isCatchUp))
                """)[0]
            book.fired(pipeline.id, nominalTime)
            guard let run = try row.decode(at: 0, as: Int64?.self) else { continue }
            report(.fired(pipeline: pipeline.address, RunID(run), nominalTime: nominalTime, isCatchUp: isCatchUp))
            queue.wakeWorkers()
        }
        return changed.count > Self.batch || due.count > Self.batch
    }

    /// The version of each pipeline with a schedule.
    private func versions() async throws -> [Int64: Int64] {
        let rows = try await queue.sessions.withServerSession { connection in
            try await connection.query("SELECT id, version FROM sluice.pipeline WHERE spec ->> 'schedule' IS NOT NULL")
        }
        var versions: [Int64: Int64] = [:]
        for row in rows { versions[try row.decode(at: 0)] = try row.decode(at: 1) }
        return versions
    }

    /// Reads a pipeline and notes its schedule in `control`; `nil` when it is gone meanwhile.
    private func entry(_ id: Int64, _ term: Int64) async throws -> ScheduleBook.Entry? {
        let rows = try await queue.sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT d.name || '.' || p.name, p.domain_id, p.spec::text, p.paused, p.version
                FROM sluice.pipeline AS p JOIN sluice.domain AS d ON d.id = p.domain_id WHERE p.id = \(id)
                """)
        }
        guard let row = rows.first else { return nil }
        let pipeline = PipelineRef(
            id: id, address: try row.decode(at: 0), domainID: try row.decode(at: 1),
            spec: try JSONValue.parse(row.decode(at: 2, as: String.self)))
        let isPaused: Bool = try row.decode(at: 3)
        let schedule = pipeline.spec["schedule"] ?? .null
        let mark = try await call(
            """
            SELECT floor(extract(epoch FROM sluice.mark_schedule(
                \(term), \(id), \(JSONText(schedule.text)), \(isPaused))))::bigint
            """)
        var entry = ScheduleBook.Entry(
            version: try row.decode(at: 4), pipeline: pipeline, consideredUntil: UnixTime(try mark[0].decode(at: 0)))
        if !isPaused { entry.schedule = readable(schedule, of: pipeline.address) }
        return entry
    }

    /// Checked when the pipeline was put; a zone may have gone since, with an update of tzdata.
    private func readable(_ schedule: JSONValue, of pipeline: String) -> Schedule? {
        do {
            return try Schedule(ScheduleSpec.parse(schedule))
        } catch {
            report(.unreadableSchedule(pipeline: pipeline, "\(error)"))
            return nil
        }
    }
}
