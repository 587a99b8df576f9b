/// How far a client has followed a run: the `id` of an event, which it sends again as `Last-Event-ID`.
struct EventPlace: Equatable {
    /// Of the run, as it was told last.
    var version: Int64 = 0
    /// The last line of the log.
    var line: Int64 = 0

    init() {}

    /// Reads `VERSION-LINE`; anything else begins anew.
    init(_ text: String?) {
        let parts = (text ?? "").split(separator: "-").map { Int64($0) }
        guard parts.count == 2, let version = parts[0], let line = parts[1], version >= 0, line >= 0 else { return }
        self.version = version
        self.line = line
    }

    var id: String { "\(version)-\(line)" }
}
