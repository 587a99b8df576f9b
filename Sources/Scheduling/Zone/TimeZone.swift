internal import Calendar

/// A time zone: when its clocks were and will be changed. A value read from the system's tzdata.
///
/// (The C library keeps one zone for a whole process, and Foundation's would cost the server its memory.)
public struct TimeZone: Sendable, Hashable {
    /// As in the tz database: `Europe/Zurich`.
    public let name: String
    /// Moments at which clocks were changed, growing, each with the offset from there on.
    private let transitions: [Transition]
    /// Seconds to add to UTC before the first.
    private let firstOffset: Int
    /// What holds after the last.
    private let rule: ZoneRule?

    struct Transition: Sendable, Hashable {
        var at: Int64
        var offset: Int
    }

    /// Never changes its clocks.
    public static let utc = TimeZone(name: "UTC", transitions: [], firstOffset: 0, rule: nil)

    init(name: String, transitions: [Transition], firstOffset: Int, rule: ZoneRule?) {
        self.name = name
        self.transitions = transitions
        self.firstOffset = firstOffset
        self.rule = rule
    }

    /// The period in which `moment` lies.
    func period(at moment: Int64) -> ZonePeriod {
        // The first transition after the moment.
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        let begin = low == 0 ? Int64.min : transitions[low - 1].at
        let offset = low == 0 ? firstOffset : transitions[low - 1].offset
        if low < transitions.count { return ZonePeriod(begin: begin, end: transitions[low].at, offset: offset) }
        return periodByRule(at: moment, after: ZonePeriod(begin: begin, end: .max, offset: offset))
    }

    /// The period of `moment` by the rule, which holds from the begin of `last` on.
    private func periodByRule(at moment: Int64, after last: ZonePeriod) -> ZonePeriod {
        guard let rule, rule.daylight != nil else { return last }
        var period = last
        let year = CivilDate(dayNumber: WallTime(moment).dayNumber).year
        for year in year - 1...year + 1 {
            for (at, offset) in rule.transitions(in: year) where at > last.begin {
                if at <= moment {
                    period.begin = at
                    period.offset = offset
                } else {
                    period.end = at
                    return period
                }
            }
        }
        return period
    }
}
