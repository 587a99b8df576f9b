import Glibc
import JSON
import Testing

@testable import HTTPServer

@Suite(.timeLimit(.minutes(1))) struct LoggerTests {
    /// A pipe to log into.
    private func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw RawClient.Failure(description: "pipe: errno \(errno)") }
        return (ends[0], ends[1])
    }

    private func readToEnd(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func lines(_ format: LogFormat, level: LogLevel = .debug, _ body: (Logger) -> Void) throws -> [String] {
        let ends = try makePipe()
        let sink = LogSink(descriptor: ends.write, format: format)
        body(Logger(level: level, sink: sink))
        sink.flush(within: .seconds(10))
        close(ends.write)
        defer { close(ends.read) }
        return readToEnd(ends.read).split(separator: "\n").map(String.init)
    }

    @Test func `JSON lines hold time, level, message and metadata`() throws {
        let lines = try lines(.json) { logger in
            logger.with(["run": "7"]).error("task failed", ["why": "a \"quote\"\nand a line"])
        }
        let entry = try JSONValue.parse(Array((lines.first ?? "").utf8))
        #expect(lines.count == 1)
        #expect(entry["level"] == "error")
        #expect(entry["message"] == "task failed")
        #expect(entry["run"] == "7")
        #expect(entry["why"] == "a \"quote\"\nand a line")
        let time = entry["time"]?.stringValue ?? ""
        #expect(time.utf8.count == 24 && time.hasSuffix("Z"))
    }

    @Test func `a human's line cannot be forged by a value`() throws {
        let lines = try lines(.human) { $0.info("ready", ["http": "127.0.0.1:80", "name": "a\nb\u{1B}[31m", "": ""]) }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("INFO    ready http=127.0.0.1:80 name=\"a\\nb\\u001b[31m\" =\"\"") == true)
    }

    @Test func `entries below the level are not made`() throws {
        let lines = try lines(.human, level: .warning) { logger in
            func expensive() -> String {
                Issue.record("made")
                return ""
            }
            logger.info("no", ["x": expensive()])
            logger.warning("yes")
        }
        #expect(lines.count == 1)
    }

    @Test func `a descriptor that takes nothing blocks nobody, and what is dropped is counted`() throws {
        let ends = try makePipe()
        let sink = LogSink(descriptor: ends.write, format: .json, capacity: 10_000)
        let logger = Logger(sink: sink)
        // Far more than a pipe and the sink's queue hold together.
        for _ in 0..<20_000 { logger.info("entry", ["padding": "0123456789"]) }
        // The writer is stuck in the full pipe: reading frees it, and the next entry finds room.
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var text: [UInt8] = []
        var state = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
        while poll(&state, 1, 500) > 0 {
            let count = read(ends.read, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        logger.info("last")
        sink.flush(within: .seconds(10))
        close(ends.write)
        text += Array(readToEnd(ends.read).utf8)
        close(ends.read)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        #expect(lines.count < 20_000)
        #expect(lines.last?.contains("last") == true)
        #expect(lines.dropLast().last?.contains("log entries dropped") == true)
    }
}
