internal import Glibc

/// What Postgres says on its way up: into a file of its own before its log is open, then into its log.
struct StartLog {
    private static let name = "postgres-start.log"
    /// Of each of the two, in bytes.
    private static let tailBytes = 4096

    let data: DataDirectory

    /// Empties the file and opens it to be written at the end. The descriptor is the caller's to close.
    func begin() throws(SystemError) -> Int32 {
        let users = data.users
        let logs = try Directory(opening: data.path).directory("log")
        try logs.replaceFile(Self.name, with: "", user: users.postgres.id, group: users.server.group, mode: 0o640)
        return try logs.openFile(Self.name, flags: O_WRONLY | O_APPEND)
    }

    /// The end of what it has said; empty when nothing can be read.
    func tail() -> String {
        guard let logs = try? Directory(opening: "\(data.path)/log") else { return "" }
        var output = read(Self.name, in: logs)
        // Past this point it wrote into its own log.
        if output.contains("redirecting log output"), let file = currentLogName() { output += read(file, in: logs) }
        return output
    }

    private func read(_ name: String, in logs: borrowing Directory) -> String {
        (try? logs.read(name, limit: Self.tailBytes, tail: true)).flatMap { $0 } ?? ""
    }

    /// `stderr <path>` in current_logfiles names the log that the collector writes.
    private func currentLogName() -> String? {
        let text = (try? Directory(opening: data.postgres).read("current_logfiles", limit: 4096)).flatMap { $0 }
        return text?.split(separator: "\n").first { $0.hasPrefix("stderr ") }.map { FilePath.name(of: String($0)) }
    }
}
