/// What `postmaster.pid` says, line by line (src/include/utils/pidfile.h).
struct PostmasterFile: Equatable {
    var processID: Int32
    var dataDirectory: String
    /// Empty until the postmaster has opened its socket.
    var socketDirectory: String
    /// `starting`, `stopping`, `ready`, `standby`; empty until it is known.
    var status: String

    /// `nil` when not even the process id is there: the file is half-written or damaged.
    init?(parsing text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let processID = Int32(lines[0]), processID > 0 else { return nil }
        func line(_ number: Int) -> String { lines.count >= number ? lines[number - 1] : "" }
        self.processID = processID
        dataDirectory = line(2)
        socketDirectory = line(5)
        status = String(line(8).split(separator: " ").first ?? "")
    }

    var acceptsConnections: Bool { status == "ready" || status == "standby" }
}
