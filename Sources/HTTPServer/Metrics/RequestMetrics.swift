import EventLoop

/// Counts and times answers by method, route and status.
///
/// Unknown paths share one series (`route="unmatched"`), since a client could make up any number of them.
public final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let method: Method?
        let route: String?
        let status: Status
    }

    private struct Series {
        let requests: Counter
        let bytes: Counter
        let durations: Histogram
    }

    private let registry: MetricsRegistry
    /// Known series, so that an answer costs one look-up; bounded by methods x routes x statuses of the program.
    private let series = Locked<[Key: Series]>([:])

    public init(_ registry: MetricsRegistry) {
        self.registry = registry
    }

    /// What an application does on each completion.
    public func record(_ completion: Completion) {
        let key = Key(method: completion.method, route: completion.route, status: completion.status)
        let series = series.withLock { known in
            if let found = known[key] { return found }
            let made = make(key)
            known[key] = made
            return made
        }
        series.requests.add()
        series.bytes.add(UInt64(completion.bytes))
        series.durations.record(completion.duration)
    }

    private func make(_ key: Key) -> Series {
        let route = key.route ?? "unmatched"
        let method = key.method?.rawValue ?? "none"
        return Series(
            requests: registry.counter(
                "sluice_http_requests_total", help: "Requests answered.",
                labels: [("method", method), ("route", route), ("status", "\(key.status.code)")]),
            bytes: registry.counter(
                "sluice_http_response_bytes_total", help: "Bytes of answers.", labels: [("route", route)]),
            durations: registry.histogram(
                "sluice_http_request_duration_seconds", help: "Time from the head of a request to its answer's end.",
                labels: [("method", method), ("route", route)]))
    }
}
