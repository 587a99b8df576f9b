import Glibc
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct SignalTests {
    /// Sent to the loop's own thread, which blocks them: a signal to the process would end the test run.
    @Test func `signals arrive as values, each kind, and closing ends the wait`() async throws {
        try await withGroup(loops: 1) { group in
            let loop = group.loops[0]
            try await loop.run {
                let signals = try SignalSource(loop: loop)
                for signal in Signal.allCases {
                    loop.schedule(after: .milliseconds(2)) { pthread_kill(pthread_self(), signal.number) }
                    #expect(try await signals.next() == signal)
                }
                loop.onTickEnd { signals.close() }
                await #expect(throws: IOError(.closed, operation: "readable")) { _ = try await signals.next() }
            }
        }
    }
}
