internal import CLinux
internal import Glibc

extension ProcessHandle {
    /// Runs a program to its end and returns its status with the first `maxBytes` of what it wrote to both its outputs.
    ///
    /// Blocks the thread. A program that is still running, or still writing, after `limit` is killed: status 137.
    static func run(
        _ specification: ProcessSpecification, within limit: Duration, maxBytes: Int = 65_536
    ) throws(SystemError) -> (status: Int32, output: String) {
        var ends: [Int32] = [0, 0]
        guard clinux_pipe(&ends) == 0 else { throw SystemError("pipe", specification.executable) }
        defer { close(ends[0]) }
        // The program runs without input.
        guard let null = fopen("/dev/null", "r+e") else {
            let error = SystemError("open", "/dev/null")
            close(ends[1])
            throw error
        }
        defer { fclose(null) }
        var specification = specification
        specification.descriptors = [fileno(null), ends[1], ends[1]]
        let started = Swift.Result { () throws(SystemError) in try ProcessHandle(starting: specification) }
        close(ends[1])
        let process = try started.get()

        let deadline = ContinuousClock.now + limit
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while waitForInput(on: [ends[0]], within: deadline - .now)[0] {
            let count = read(ends[0], &chunk, chunk.count)
            if count <= 0 { break }
            output += chunk[..<min(count, max(0, maxBytes - output.count))]
        }
        if !process.hasEnded(within: max(.zero, deadline - .now)) {
            process.signal(SIGKILL)
            _ = process.hasEnded(within: .seconds(5))
        }
        return (process.reap() ?? 128 + SIGKILL, String(decoding: output, as: UTF8.self))
    }
}
