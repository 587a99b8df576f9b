internal import JSON

/// Figures and times as people read them.
enum Wording {
    /// `1,234,567`
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }

    /// `1 row`, `2 rows`
    static func count(_ number: Int, _ noun: String) -> String { "\(count(number)) \(noun)\(number == 1 ? "" : "s")" }

    /// `512 B`, `12.3 MiB`
    static func bytes(_ number: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, unit) = (Double(number), 0)
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return unit == 0 ? "\(number) B" : "\(tenths(value)) \(units[unit])"
    }

    /// `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`
    static func duration(_ duration: Duration) -> String {
        let seconds = duration.inSeconds
        if seconds < 10 { return "\(tenths(max(0, seconds))) s" }
        let whole = Int(seconds)
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// `2026-11-21T02:00:00.412133Z` → `2026-11-21 02:00:00`: in UTC, as everything is.
    static func time(_ value: JSONValue?) -> String {
        guard let text = value?.stringValue, text.count >= 19 else { return "" }
        return String(text.prefix(10)) + " " + text.dropFirst(11).prefix(8)
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
