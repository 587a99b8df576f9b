/// A stretch of time in which a zone's clocks are set the same way.
struct ZonePeriod: Sendable, Hashable {
    /// First moment, and the moment after the last; `Int64.min` and `.max` where it has no begin or end.
    var begin: Int64
    var end: Int64
    /// Seconds to add to UTC, negative west of Greenwich.
    var offset: Int
}
