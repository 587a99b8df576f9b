import Catalog
import EventLoop
import HTTPServer
import JSON
import Scheduling

/// One client that reads a run's log or events as they come. Asks the database, so it sees what any server or worker did.
final class Following: Sendable {
    static let interval = Duration.milliseconds(250)
    /// How often a silent stream shows that it lives.
    static let keepAlive = Duration.seconds(15)
    /// After which a stream ends, for the client to come back with its rights of then.
    static let longest = Duration.seconds(600)
    static let batch = 500

    private let run: RunID
    private let platform: Platform
    private let end = ContinuousClock.now + longest

    init(_ run: RunID, _ platform: Platform) throws(Refusal) {
        try platform.followers.enter()
        self.run = run
        self.platform = platform
    }

    /// Whether it was answered, failed, or never begun.
    deinit { platform.followers.leave() }

    func writeLog(after line: Int64, following: Bool, to writer: ResponseWriter) async throws {
        var line = line
        while true {
            // Read first: what is written until the run has ended is in the log when it has.
            let hasEnded = try await platform.queue.feed(of: run)?.hasEnded ?? true
            while let last = try await writeLines(after: line, to: writer) { line = last }
            guard following, !hasEnded, try await pause() else { return }
        }
    }

    /// Writes a batch of lines; `nil` when there was none.
    private func writeLines(after line: Int64, to writer: ResponseWriter) async throws -> Int64? {
        let lines = try await platform.queue.logLines(of: run, after: line, limit: Self.batch)
        guard let last = lines.last else { return nil }
        try await writer.write(lines.map { $0.text + "\n" }.joined())
        return last.number
    }

    func writeEvents(after place: EventPlace, to writer: ResponseWriter) async throws {
        var place = place
        var shown = RunShape()
        var lastWrite = ContinuousClock.now
        while let feed = try await platform.queue.feed(of: run) {
            if feed.version != place.version, let document = try await platform.queue.run(run) {
                place.version = feed.version
                let value = try JSONValue.parse(document.text)
                let shape = RunShape(value)
                let event = shape == shown ? "progress" : "state"
                shown = shape
                try await writer.write(Self.event(event, place, event == "state" ? value : RunShape.progress(value)))
                lastWrite = .now
            }
            for (number, text) in try await platform.queue.logLines(of: run, after: place.line, limit: Self.batch) {
                place.line = number
                try await writer.write("event: log\nid: \(place.id)\ndata: \(text)\n\n")
                lastWrite = .now
            }
            if feed.hasEnded, place.line >= feed.lastLine { return }
            if .now - lastWrite > Self.keepAlive {
                try await writer.write(": still here\n\n")
                lastWrite = .now
            }
            try await writer.flush()
            if place.line >= feed.lastLine, try await !pause() { return }
        }
    }

    private static func event(_ name: String, _ place: EventPlace, _ data: JSONValue) -> String {
        "event: \(name)\nid: \(place.id)\ndata: \(data.text)\n\n"
    }

    /// Waits a moment; `false` when it is time to end.
    private func pause() async throws -> Bool {
        guard let loop = EventLoop.current, .now < end, !platform.followers.isClosed else { return false }
        // Out of step with the others.
        try await loop.sleep(for: Self.interval * Double.random(in: 0.8...1.2))
        return true
    }
}

/// What of a run makes an event a change of state: its own state and each step's, attempt and pid.
private struct RunShape: Equatable {
    private var parts: [JSONValue?] = []

    init() {}

    init(_ run: JSONValue) {
        parts = [run["state"], run["cancelledBy"]]
        for step in run["steps"]?.arrayValue ?? [] {
            parts += [step["state"], step["attempt"], step["pid"], step["retryAt"]]
        }
    }

    static func progress(_ run: JSONValue) -> JSONValue {
        ["rows": run["rows"] ?? .null, "progress": run["progress"] ?? .null]
    }
}
