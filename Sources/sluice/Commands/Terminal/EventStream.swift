/// Server-Sent Events read from pieces of bytes (https://html.spec.whatwg.org/multipage/server-sent-events.html).
struct EventStream {
    struct Event: Equatable {
        /// `message` when it has no name.
        var name = "message"
        /// Lines joined by line breaks.
        var data = ""
    }

    /// The `id` that came last, for `Last-Event-ID`.
    private(set) var lastID: String?
    private var lines = LineSplitter()
    private var name: String?
    private var data: [Substring] = []

    /// A new connection: what was half read is told again.
    mutating func reconnect() {
        lines = LineSplitter()
        name = nil
        data = []
    }

    mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (Event) throws -> Void) throws {
        var splitter = lines
        try splitter.take(piece) { line in
            if let event = take(line: line[...]) { try body(event) }
        }
        lines = splitter
    }

    /// An empty line ends an event; a line that begins with `:` is a comment.
    private mutating func take(line: Substring) -> Event? {
        guard !line.isEmpty else {
            defer { (name, data) = (nil, []) }
            return data.isEmpty ? nil : Event(name: name ?? "message", data: data.joined(separator: "\n"))
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count == 2 ? (parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
        switch parts[0] {
        case "event": name = String(value)
        case "data": data.append(value)
        case "id": lastID = String(value)
        default: break
        }
        return nil
    }
}
