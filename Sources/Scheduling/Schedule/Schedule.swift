public import Catalog
public import JSON

/// When a pipeline runs by itself: a cron expression read on the clocks of a time zone, and what to do where those jump.
public struct Schedule: Sendable, Hashable {
    public var cron: Cron
    public var zone: TimeZone
    public var gap: ScheduleSpec.Gap
    public var overlap: ScheduleSpec.Overlap

    public init(
        cron: Cron, zone: TimeZone, gap: ScheduleSpec.Gap = .runAfter,
        overlap: ScheduleSpec.Overlap = .first
    ) {
        self.cron = cron
        self.zone = zone
        self.gap = gap
        self.overlap = overlap
    }

    /// The schedule that a pipeline declares, or everything that is wrong with it: pointers are below the pipeline's body.
    public init(_ spec: ScheduleSpec) throws(JSONFieldErrors) {
        var errors: [JSONFieldError] = []
        var (cron, zone): (Cron?, TimeZone?)
        do { cron = try Cron(parsing: spec.cron) } catch {
            errors.append(JSONFieldError(pointer: "/schedule/cron", detail: "is not acceptable: \(error)"))
        }
        do { zone = try TimeZone(named: spec.timeZone) } catch {
            errors.append(JSONFieldError(pointer: "/schedule/timeZone", detail: "is not acceptable: \(error)"))
        }
        guard let cron, let zone else { throw JSONFieldErrors(errors: errors) }
        self.init(cron: cron, zone: zone, gap: spec.gap, overlap: spec.overlap)
    }

    /// What keeps a schedule from firing; empty for one that will.
    public static func faults(_ spec: ScheduleSpec) -> [JSONFieldError] {
        do throws(JSONFieldErrors) {
            _ = try Schedule(spec)
            return []
        } catch {
            return error.errors
        }
    }

    /// How far ahead is searched: the longest wait there is, from one 29 February on a given weekday over 2100 to the
    /// next, takes 40 years.
    private static let horizon: Int64 = 100 * 366 * 86_400

    /// The first nominal time after `moment`; `nil` when there is none within a hundred years.
    public func next(after moment: UnixTime) -> UnixTime? {
        let end = moment.seconds + Self.horizon
        var from = moment.seconds + 1
        while from < end {
            let period = zone.period(at: from)
            if let found = first(in: period, from: from, before: min(period.end, end)) { return UnixTime(found) }
            guard period.end < end else { return nil }
            from = period.end
        }
        return nil
    }

    /// The first nominal time in `[from, end)`, all of which lies in one period.
    private func first(in period: ZonePeriod, from: Int64, before end: Int64) -> Int64? {
        let offset = Int64(period.offset)
        var start = WallTime(from + offset)
        if period.begin != .min {
            let jump = Int64(period.offset - zone.period(at: period.begin - 1).offset)
            let begin = WallTime(period.begin + offset)
            if jump > 0, gap == .runAfter, from == period.begin,
                cron.next(from: WallTime(begin.seconds - jump), before: begin) != nil
            {
                return period.begin
            }
            // What the clocks showed before they were set back they show again.
            if jump < 0, overlap == .first { start = max(start, WallTime(begin.seconds - jump)) }
        }
        return cron.next(from: start, before: WallTime(end + offset)).map { $0.seconds - offset }
    }

    /// Up to `count` nominal times after `moment`, in order.
    public func next(_ count: Int, after moment: UnixTime) -> [UnixTime] {
        var times: [UnixTime] = []
        while times.count < count, let time = next(after: times.last ?? moment) { times.append(time) }
        return times
    }

    /// The last nominal time in `(start, end]`: of those missed meanwhile, the one to make up for.
    ///
    /// Found by halving, not by going through them: a year of a schedule that fires each second has 31 million.
    public func latest(after start: UnixTime, upTo end: UnixTime) -> UnixTime? {
        guard let first = next(after: start), first <= end else { return nil }
        // Invariant: there is one after `low`, and none after `high`, up to `end`.
        var (low, high) = (start.seconds, end.seconds)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let time = next(after: UnixTime(middle)), time <= end { low = middle } else { high = middle }
        }
        return UnixTime(high)
    }
}
