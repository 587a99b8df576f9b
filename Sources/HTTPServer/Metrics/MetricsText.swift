/// Lines of Prometheus's text format.
enum MetricsText {
    /// `method="GET",status="200"`; backslash, quote and line feed escaped.
    static func labels(_ labels: MetricsRegistry.Labels) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    static func line(_ name: String, _ labels: String, _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// Cumulative buckets, sum and count.
    static func histogram(_ name: String, _ labels: String, _ histogram: Histogram) -> String {
        let (counts, sum) = histogram.snapshot
        let prefix = labels.isEmpty ? "" : "\(labels),"
        var text = ""
        var cumulative: UInt64 = 0
        for (index, count) in counts.enumerated() {
            cumulative += count
            let bound = index < Histogram.bounds.count ? "\(Double(Histogram.bounds[index]) / 1_000_000)" : "+Inf"
            text += line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", "\(cumulative)")
        }
        return text + line("\(name)_sum", labels, "\(sum)") + line("\(name)_count", labels, "\(cumulative)")
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
