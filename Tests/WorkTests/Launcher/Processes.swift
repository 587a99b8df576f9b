import Glibc
import Testing

@testable import Store

/// What /proc says of a process.
struct ProcessLine {
    var session: Int32
    var commandLine: String
}

/// The processes that run, zombies not among them, and meet `condition`.
func processes(where condition: (ProcessLine) -> Bool) throws -> [ProcessHandle] {
    try Directory(opening: "/proc").names().compactMap(Int32.init).compactMap { id in
        guard let process = ProcessHandle(existing: id), let directory = try? Directory(opening: "/proc/\(id)"),
            let status = try? directory.read("stat", limit: 4096),
            let words = try? directory.read("cmdline", limit: 4096),
            // comm may hold anything, but ends with the last parenthesis; the session is the fourth field after it.
            let fields = status.split(separator: ")").last?.split(separator: " "), fields.count > 3, fields[0] != "Z",
            let session = Int32(fields[3])
        else { return nil }
        let line = ProcessLine(
            session: session, commandLine: words.split(separator: "\0").joined(separator: " "))
        return condition(line) ? process : nil
    }
}

/// Looks until there is something; fails after half a minute.
@discardableResult
func eventually<T>(_ look: () throws -> T?) throws -> T {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
        if let found = try look() { return found }
        sched_yield()
    }
    return try #require(try look())
}
