/// How far something is, at one moment.
struct Progress: Sendable, Equatable {
    /// Rows or bytes so far.
    var done: Int
    /// Of the whole, from 0 to 1; `nil` when the whole is not known.
    var share: Double?
}

/// How fast something goes and when it will be done, from what was seen of it.
struct Pace: Sendable {
    /// The rate is that of about this time.
    static let window = Duration.seconds(10)

    private let start: ContinuousClock.Instant
    private var marks: [(at: ContinuousClock.Instant, done: Int)]

    init(from start: ContinuousClock.Instant) {
        self.start = start
        marks = [(start, 0)]
    }

    /// Notes how far it is; at most twenty moments are kept.
    mutating func note(_ progress: Progress, at now: ContinuousClock.Instant) {
        if let last = marks.last, now - last.at < Self.window / 20 { return }
        marks.append((now, progress.done))
        while marks.count > 2, now - marks[1].at > Self.window { marks.removeFirst() }
    }

    /// A second; `nil` before anything was seen.
    func rate(of progress: Progress, at now: ContinuousClock.Instant) -> Double? {
        guard let first = marks.first, now > first.at, progress.done >= first.done else { return nil }
        return Double(progress.done - first.done) / (now - first.at).inSeconds
    }

    /// What is left when the rest goes as what is done did.
    func remaining(of progress: Progress, at now: ContinuousClock.Instant) -> Duration? {
        guard let share = progress.share, share >= 0.01, share <= 1 else { return nil }
        return (now - start) * ((1 - share) / share)
    }
}

extension Progress {
    /// One line: `[#####-----]  50 %  1,000 rows  200 rows/s  5.0 s left`, cut to `width`.
    func line(
        _ subject: String, pace: Pace, at now: ContinuousClock.Instant, width: Int?, _ wording: (Int) -> String
    ) -> String {
        var parts = [wording(done)]
        if let share { parts.insert("\(Self.percent(share)) %", at: 0) }
        if let rate = pace.rate(of: self, at: now), rate >= 1 { parts.append("\(wording(Int(rate)))/s") }
        if let left = pace.remaining(of: self, at: now), share ?? 1 < 1 {
            parts.append("\(Wording.duration(left)) left")
        }
        let text = parts.joined(separator: "  ")
        let room = (width ?? 80) - 1 - DisplayText.width(of: subject) - DisplayText.width(of: text) - 6
        guard let share, room >= 10 else {
            return DisplayText.cut("\(subject)  \(text)", to: (width ?? 80) - 1)
        }
        return "\(subject)  \(Self.bar(share, width: min(room, 40)))  \(text)"
    }

    static func percent(_ share: Double) -> Int { Int((min(max(share, 0), 1) * 100).rounded(.down)) }

    private static func bar(_ share: Double, width: Int) -> String {
        let filled = Int(Double(width) * min(max(share, 0), 1))
        return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "]"
    }
}
