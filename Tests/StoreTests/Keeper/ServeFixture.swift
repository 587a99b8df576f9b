import CLinux
import Glibc
import Testing

@testable import Store

/// `sluice serve`, the built program, on a data dir of the test's own. What is left of it ends with this object.
final class ServeFixture {
    let folder: TemporaryFolder
    private var logEnd: Int32 = -1
    private(set) var log = ""
    private(set) var keeper: ProcessHandle?

    init() throws { folder = try TemporaryFolder() }

    var dataDirectory: String { "\(folder.path)/data" }

    /// The program beside the test program, or the one that $SLUICE_BINARY names.
    static var program: String {
        get throws {
            try getenv("SLUICE_BINARY").map { String(cString: $0) }
                ?? "\(FilePath.parent(of: FilePath.real("/proc/self/exe")))/sluice"
        }
    }

    deinit {
        keeper?.signal(SIGKILL)
        _ = keeper?.hasEnded(within: .seconds(10))
        _ = keeper?.reap()
        if logEnd >= 0 { close(logEnd) }
        if let postmaster { _ = try? end(postmaster) }
    }

    /// Starts the program; what it writes becomes `log`.
    func start(_ arguments: [String] = []) throws {
        var ends: [Int32] = [0, 0]
        guard clinux_pipe(&ends) == 0 else { throw SystemError("pipe", "") }
        if logEnd >= 0 { close(logEnd) }
        logEnd = ends[0]
        log = ""
        let null = try Directory(opening: "/dev").openFile("null", flags: O_RDWR)
        defer {
            close(null)
            close(ends[1])
        }
        var specification = ProcessSpecification(
            executable: try ServeFixture.program,
            arguments: ["serve", "--data-dir", dataDirectory, "--http", "127.0.0.1:0", "--worker-slots", "0"]
                + arguments,
            environment: ["PATH=/usr/bin:/bin"])
        specification.descriptors = [null, ends[1], ends[1]]
        keeper = try ProcessHandle(starting: specification)
    }

    /// Reads the log until it holds `text`, or ends.
    func logShows(_ text: String, within limit: Duration = .seconds(60)) -> Bool {
        let deadline = ContinuousClock.now + limit
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !log.contains(text) {
            guard waitForInput(on: [logEnd], within: max(.zero, deadline - .now))[0] else { return false }
            let count = read(logEnd, &chunk, chunk.count)
            if count <= 0 { return false }
            log += String(decoding: chunk[..<count], as: UTF8.self)
        }
        return true
    }

    /// Waits until the server accepts requests.
    func isReady() -> Bool { logShows("ready http=") }

    /// Waits for the program's end and returns its status.
    func status(within limit: Duration = .seconds(60)) throws -> Int32? {
        let keeper = try #require(keeper)
        guard keeper.hasEnded(within: limit) else { return nil }
        return keeper.reap()
    }

    /// The server child, once it is there.
    func child() throws -> ProcessHandle {
        let keeper = try #require(keeper)
        while !keeper.hasEnded(within: .milliseconds(5)) {
            let names = try Directory(opening: "/proc").names().compactMap(Int32.init)
            // comm may hold anything, but ends with the last parenthesis; the parent is the second field after it.
            for id in names where id != keeper.id {
                guard let text = try? Directory(opening: "/proc/\(id)").read("stat", limit: 4096),
                    let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 1,
                    fields[1] == "\(keeper.id)", !isPostmaster(id)
                else { continue }
                if let child = ProcessHandle(existing: id) { return child }
            }
        }
        throw SystemError("no child of", "\(keeper.id)", ESRCH)
    }

    /// The postmaster of the data dir, if one runs.
    var postmaster: ProcessHandle? {
        let text = (try? Directory(opening: "\(dataDirectory)/postgres").read("postmaster.pid")).flatMap(\.self)
        return text.flatMap(PostmasterFile.init(parsing:)).flatMap { ProcessHandle(existing: $0.processID) }
    }

    /// A line of /proc/PID/status.
    func statusLine(_ name: String, of process: ProcessHandle) throws -> String? {
        try Directory(opening: "/proc/\(process.id)").read("status")?
            .split(separator: "\n").first { $0.hasPrefix("\(name):") }
            .map { $0.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    private func isPostmaster(_ id: Int32) -> Bool { postmaster?.id == id }

    private func end(_ postmaster: ProcessHandle) throws -> Bool {
        postmaster.signal(SIGINT)
        return postmaster.hasEnded(within: .seconds(20))
    }
}
