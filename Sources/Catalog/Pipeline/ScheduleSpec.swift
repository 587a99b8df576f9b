public import JSON

/// When a pipeline runs by itself.
public struct ScheduleSpec: Sendable, Hashable {
    /// What becomes of a time that the clocks skip.
    public enum Gap: String, Sendable, CaseIterable, JSONFieldWord {
        /// The first instant after the missing hour.
        case runAfter = "run-after"
        case skip
    }

    /// What becomes of a time that comes twice when the clocks go back.
    public enum Overlap: String, Sendable, CaseIterable, JSONFieldWord {
        case first, both
    }

    /// Five fields, or six with the seconds first; their syntax is the scheduler's to check.
    public var cron: String
    /// A name of the time zone database, such as `Europe/Vienna`.
    public var timeZone: String
    public var gap: Gap
    public var overlap: Overlap

    public init(_ fields: inout JSONFields) {
        cron = fields.required("cron")
        if cron.utf8.count > 500 { fields.reject("cron", "must have at most 500 bytes") }
        timeZone = fields.text("timeZone", limit: 100) ?? "UTC"
        gap = fields.optional("gap") ?? .runAfter
        overlap = fields.optional("overlap") ?? .first
    }

    /// Reads what ``json`` wrote.
    public static func parse(_ value: JSONValue) throws(JSONFieldErrors) -> ScheduleSpec {
        try JSONFields.read(value) { ScheduleSpec(&$0) }
    }

    public var json: JSONValue {
        [
            "cron": .string(cron), "timeZone": .string(timeZone), "gap": .string(gap.rawValue),
            "overlap": .string(overlap.rawValue),
        ]
    }
}
