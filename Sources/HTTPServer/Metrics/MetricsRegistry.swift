import EventLoop

/// The metrics of a process, written in Prometheus's text format (version 0.0.4).
///
/// Get a metric once and keep it where it is hot: looking one up takes a lock, using one does not. Each name takes at
/// most `maxSeries` combinations of labels; further ones share a series whose label values are all `other`, so a label
/// that a client can influence cannot fill the memory.
public final class MetricsRegistry: Sendable {
    /// Names and values of a series: `[("method", "GET")]`.
    public typealias Labels = [(name: String, value: String)]

    private enum Metric: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        /// Asked for its value when written.
        case observed(@Sendable () -> Int)
    }

    private struct Family: Sendable {
        let type: String
        let help: String
        var series: [String: Metric] = [:]
    }

    private let families = Locked<[String: Family]>([:])
    private let maxSeries: Int

    public init(maxSeries: Int = 1000) {
        self.maxSeries = maxSeries
    }

    /// The counter of a name and labels, made at the first call. A name has one type; another one traps.
    ///
    /// - Parameter name: Letters, digits and `_`, ending in `_total`.
    public func counter(_ name: String, help: String, labels: Labels = []) -> Counter {
        let metric = metric(name, "counter", help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = metric else { preconditionFailure("\(name) is no counter") }
        return counter
    }

    /// The gauge of this name and these labels, made when it is new. A name that is another kind of metric traps.
    public func gauge(_ name: String, help: String, labels: Labels = []) -> Gauge {
        let metric = metric(name, "gauge", help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = metric else { preconditionFailure("\(name) is no gauge") }
        return gauge
    }

    /// - Parameter name: Ending in `_seconds`.
    public func histogram(_ name: String, help: String, labels: Labels = []) -> Histogram {
        let metric = metric(name, "histogram", help, labels) { .histogram(Histogram()) }
        guard case .histogram(let histogram) = metric else { preconditionFailure("\(name) is no histogram") }
        return histogram
    }

    /// Registers a gauge whose value is asked for each time the metrics are written.
    public func observe(
        _ name: String, help: String, labels: Labels = [], _ value: @escaping @Sendable () -> Int
    ) {
        _ = metric(name, "gauge", help, labels) { .observed(value) }
    }

    private func metric(
        _ name: String, _ type: String, _ help: String, _ labels: Labels, _ make: () -> Metric
    ) -> Metric {
        families.withLock { families in
            var family = families[name] ?? Family(type: type, help: help)
            precondition(family.type == type, "\(name) is a \(family.type)")
            var key = MetricsText.labels(labels)
            if let existing = family.series[key] { return existing }
            if family.series.count >= maxSeries {
                key = MetricsText.labels(labels.map { ($0.name, "other") })
                if let existing = family.series[key] { return existing }
            }
            let metric = make()
            family.series[key] = metric
            families[name] = family
            return metric
        }
    }

    /// All metrics, families and series in order of their names.
    public func text() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.type)\n"
            for (labels, metric) in family.series.sorted(by: { $0.key < $1.key }) {
                switch metric {
                case .counter(let counter): text += MetricsText.line(name, labels, "\(counter.value)")
                case .gauge(let gauge): text += MetricsText.line(name, labels, "\(gauge.value)")
                case .observed(let value): text += MetricsText.line(name, labels, "\(value())")
                case .histogram(let histogram): text += MetricsText.histogram(name, labels, histogram)
                }
            }
        }
        return text
    }
}
