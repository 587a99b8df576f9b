/// The schedules that a leader watches, as the warehouse had them when it looked last.
struct ScheduleBook {
    struct Entry {
        /// Of the pipeline, when this was read.
        var version: Int64
        var pipeline: PipelineRef
        /// `nil`: paused, or not readable.
        var schedule: Schedule?
        /// Nominal times up to here have fired or count as missed.
        var consideredUntil: UnixTime
        /// The next one.
        var next: UnixTime?
    }

    private(set) var entries: [Int64: Entry] = [:]

    /// The pipelines among `versions` that are new or have changed since; forgets those that are gone.
    mutating func changed(in versions: [Int64: Int64]) -> [Int64] {
        entries = entries.filter { versions[$0.key] != nil }
        return versions.filter { entries[$0.key]?.version != $0.value }.keys.sorted()
    }

    mutating func note(_ entry: Entry) {
        var entry = entry
        entry.next = entry.schedule?.next(after: entry.consideredUntil)
        entries[entry.pipeline.id] = entry
    }

    /// What is due at `now`: for each pipeline the last nominal time alone, however many were missed.
    func due(at now: UnixTime) -> [(pipeline: PipelineRef, nominalTime: UnixTime, isCatchUp: Bool)] {
        entries.values.compactMap { entry in
            guard let next = entry.next, next <= now,
                let latest = entry.schedule?.latest(after: entry.consideredUntil, upTo: now)
            else { return nil }
            // A minute is what a restart may take without anybody calling it missed.
            return (entry.pipeline, latest, latest != next || now.seconds - latest.seconds > 60)
        }
    }

    mutating func fired(_ pipeline: Int64, _ nominalTime: UnixTime) {
        guard var entry = entries[pipeline] else { return }
        entry.consideredUntil = nominalTime
        note(entry)
    }
}
