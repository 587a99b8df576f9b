import Scheduling
import Testing

@testable import Work

@Suite struct WaitingLogTests {
    private func line(_ number: Int) -> LogLine { LogLine(.info, "\(number)") }

    @Test func theOldestLinesAreDroppedBeyondTheLimit() {
        var log = WaitingLog()
        for number in 0..<WaitingLog.limit + 3 { log.add(line(number)) }
        let taken = log.take()
        #expect(taken.count == WaitingLog.limit)
        #expect(taken.first == line(3))
        #expect(log.take().isEmpty)
    }

    @Test func linesPutBackGoBeforeThoseThatCameSinceWithinTheLimit() {
        var log = WaitingLog()
        for number in 0..<WaitingLog.limit { log.add(line(number)) }
        let batch = log.take()
        log.add(line(1000))
        log.putBack(batch)
        #expect(log.take() == batch.dropFirst() + [line(1000)])
    }
}
