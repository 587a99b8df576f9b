import Testing

@testable import HTTPServer

@Suite struct MetricsTests {
    @Test func `writes Prometheus's text format`() {
        let registry = MetricsRegistry()
        registry.counter("b_total", help: "Things.", labels: [("kind", "x\"y\\z\n")]).add(3)
        registry.counter("b_total", help: "Things.", labels: [("kind", "x\"y\\z\n")]).add()
        registry.gauge("c_open", help: "Open.").set(-2)
        registry.observe("d_now", help: "Now.") { 7 }
        let histogram = registry.histogram("a_seconds", help: "Time.", labels: [("route", "/a")])
        histogram.record(.microseconds(100))
        histogram.record(.milliseconds(2))
        histogram.record(.seconds(60))
        histogram.record(.seconds(-1))
        let lines = registry.text().split(separator: "\n").map(String.init)
        #expect(lines.first == "# HELP a_seconds Time.")
        for line in [
            "# TYPE a_seconds histogram", "a_seconds_bucket{route=\"/a\",le=\"0.0001\"} 2",
            "a_seconds_bucket{route=\"/a\",le=\"0.0025\"} 3", "a_seconds_bucket{route=\"/a\",le=\"30.0\"} 3",
            "a_seconds_bucket{route=\"/a\",le=\"+Inf\"} 4", "a_seconds_sum{route=\"/a\"} 60.0021",
            "a_seconds_count{route=\"/a\"} 4", "# TYPE b_total counter", "b_total{kind=\"x\\\"y\\\\z\\n\"} 4",
            "c_open -2", "d_now 7",
        ] { #expect(lines.contains(line), "\(line)") }
    }

    @Test func `series beyond the bound share one`() {
        let registry = MetricsRegistry(maxSeries: 10)
        for index in 0..<1000 { registry.counter("a_total", help: "A.", labels: [("x", "\(index)")]).add() }
        #expect(registry.text().split(separator: "\n").count == 2 + 11)
        #expect(registry.text().contains("a_total{x=\"other\"} 990"))
    }

    @Test func `counts from many tasks add up`() async {
        let registry = MetricsRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { registry.counter("a_total", help: "A.").add() }
                }
            }
        }
        #expect(registry.counter("a_total", help: "A.").value == 8000)
    }

    @Test func `answers are counted by method, route and status, unknown paths together`() async throws {
        let registry = MetricsRegistry()
        let metrics = RequestMetrics(registry)
        for (path, route, status) in [
            ("/a/1", "/a/{id}", 200), ("/a/2", "/a/{id}", 200), ("/x", nil, 404), ("/y", nil, 404),
        ] {
            let exchange = Exchange()
            exchange.route = route
            metrics.record(
                Completion(
                    method: .get, path: path, status: Status(status), duration: .milliseconds(1), bytes: 10, error: nil,
                    isCutOff: false, exchange: exchange))
        }
        let text = registry.text()
        #expect(text.contains("sluice_http_requests_total{method=\"GET\",route=\"/a/{id}\",status=\"200\"} 2"))
        #expect(text.contains("sluice_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 2"))
        #expect(text.contains("sluice_http_response_bytes_total{route=\"/a/{id}\"} 20"))
    }
}
