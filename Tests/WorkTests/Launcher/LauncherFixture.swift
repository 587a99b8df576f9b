import CLinux
import Glibc
import Testing

@testable import Store

/// A launcher with its supervisor, driven over pipes; see `Probe`.
final class LauncherFixture {
    let launcher: ProcessHandle
    let supervisor: ProcessHandle
    private let input: Int32
    private let output: Int32
    private var pending: [UInt8] = []

    /// - Parameter command: What each job runs, by `sh -c`.
    init(job command: String) throws {
        var (toProbe, fromProbe): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard clinux_pipe(&toProbe) == 0, clinux_pipe(&fromProbe) == 0 else { throw SystemError("pipe", "") }
        defer {
            close(toProbe[0])
            close(fromProbe[1])
        }
        input = toProbe[1]
        output = fromProbe[0]
        var specification = ProcessSpecification(
            executable: "\(try FilePath.parent(of: FilePath.real("/proc/self/exe")))/launcher-probe",
            arguments: [command])
        // What a test leaves running must not hold the test program's own output open.
        let null = try Directory(opening: "/dev").openFile("null", flags: O_RDWR)
        defer { close(null) }
        specification.descriptors = [toProbe[0], fromProbe[1], null]
        launcher = try ProcessHandle(starting: specification)
        let line = try #require(LauncherFixture.line(output, &pending))
        let id = try #require(line.split(separator: " ").last.flatMap { Int32($0) })
        supervisor = try #require(ProcessHandle(existing: id))
    }

    deinit {
        // The end of its input ends the supervisor, and with it all that it started.
        close(input)
        if !launcher.hasEnded(within: .seconds(10)) {
            launcher.signal(SIGKILL)
            _ = launcher.hasEnded(within: .seconds(10))
        }
        _ = launcher.reap()
        close(output)
    }

    func send(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(input, bytes, bytes.count)
    }

    /// The words of the next report.
    func report() throws -> [Substring] {
        try #require(LauncherFixture.line(output, &pending)).split(separator: " ")
    }

    /// Starts a job and returns its process.
    func start() throws -> ProcessHandle {
        send("start")
        let words = try report()
        #expect(words[0] == "started")
        let id = try #require(Int32(words[2]))
        return try #require(ProcessHandle(existing: id))
    }

    private static func line(_ output: Int32, _ pending: inout [UInt8]) -> String? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeSubrange(...end) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            guard waitForInput(on: [output], within: .seconds(30))[0] else { return nil }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { return nil }
            pending += chunk[..<count]
        }
    }
}
