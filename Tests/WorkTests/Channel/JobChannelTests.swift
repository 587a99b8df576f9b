import CLinux
import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Work

@Suite(.timeLimit(.minutes(1))) struct JobChannelTests {
    /// What `body` returns, run with a channel and the job's end of it, which is closed afterwards.
    private func withChannel<R: Sendable>(
        _ body: @escaping @Sendable (JobChannel, Int32) async throws -> R
    ) async throws -> R {
        let loop = try TestLoops.group().next()
        return try await TestLoops.run(on: loop) {
            let (channel, jobEnd) = try JobChannel.open(on: loop)
            defer { channel.close() }
            return try await body(channel, jobEnd)
        }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    @Test func linesComeWholeHoweverTheyAreCut() async throws {
        let lines = try await withChannel { channel, jobEnd in
            for piece in ["a", "b\ncd\n", "\ne"] { Self.write(piece, to: jobEnd) }
            close(jobEnd)
            var lines: [String] = []
            while let line = try await channel.nextLine() { lines.append(String(decoding: line, as: UTF8.self)) }
            return lines
        }
        // What was not ended is no line: its writer died over it.
        #expect(lines == ["ab", "cd", ""])
    }

    @Test func aLineWithoutEndIsRefusedAtItsBound() async throws {
        try await withChannel { channel, jobEnd in
            // A thread of its own: `send` blocks until the channel has read, which happens on the loop.
            async let writing: Void = BlockingPool(threads: 1).run {
                let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
                for _ in 0..<32 where send(jobEnd, chunk, chunk.count, Int32(MSG_NOSIGNAL)) < 0 { break }
            }
            await #expect(throws: JobChannel.Failure.self) { try await channel.nextLine() }
            channel.close()
            shutdown(jobEnd, Int32(SHUT_RDWR))
            try await writing
            close(jobEnd)
        }
    }

    @Test func aJobThatIsGoneIsToldByTheEndOfItsLines() async throws {
        let line = try await withChannel { channel, jobEnd in
            close(jobEnd)
            try await channel.send(Array("work".utf8), before: .never)
            return try await channel.nextLine()
        }
        #expect(line == nil)
    }
}
