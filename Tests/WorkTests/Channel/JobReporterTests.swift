import CLinux
import Glibc
import JSON
import Testing

@testable import Work

@Suite struct JobReporterTests {
    /// A clock that stands still unless it is moved.
    final class StoppedClock {
        var now = Duration.seconds(100)
    }

    /// A reporter on one end of a socket, with a clock of the test's own.
    final class Fixture {
        let clock = StoppedClock()
        let reporter: JobReporter
        private let ends: (ours: Int32, theirs: Int32)

        init() throws {
            var ends: [Int32] = [0, 0]
            try #require(clinux_stream_pair(&ends) == 0)
            self.ends = (ends[0], ends[1])
            reporter = JobReporter(descriptor: ends[1]) { [clock] in clock.now }
        }

        deinit {
            close(ends.ours)
            close(ends.theirs)
        }

        func advance(_ duration: Duration) { clock.now += duration }

        /// What has been written so far.
        func reports() -> [JobReport] {
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = recv(ends.ours, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            return bytes[..<max(0, count)].split(separator: UInt8(ascii: "\n")).compactMap {
                JobReport(line: Array($0))
            }
        }
    }

    @Test func progressIsToldTwiceASecondAtMost() throws {
        let fixture = try Fixture()
        for number in 0..<1000 {
            fixture.reporter.progress(rows: ["read": JSONValue(number)], share: nil)
            fixture.advance(.milliseconds(1))
        }
        #expect(fixture.reports().count == 2)
    }

    @Test func logLinesAreBoundedInASecond() throws {
        let fixture = try Fixture()
        for _ in 0..<200 { fixture.reporter.log("info", "line") }
        #expect(fixture.reports().count == JobReporter.mostLogLinesPerSecond)
        fixture.advance(.seconds(1))
        fixture.reporter.log("info", "line")
        #expect(fixture.reports().count == 1)
    }

    @Test func logLinesAreBoundedInAllAndTheRestIsCounted() throws {
        let fixture = try Fixture()
        var seen = 0
        for _ in 0..<(JobReporter.mostLogLines + 20) {
            fixture.reporter.log("info", "line")
            fixture.advance(.seconds(1))
            seen += fixture.reports().count
        }
        #expect(seen == JobReporter.mostLogLines)
        fixture.reporter.finish(.result(rows: [:]))
        #expect(
            fixture.reports() == [
                .log(level: "warning", message: "log lines were left out", fields: ["lines": 20]), .result(rows: [:]),
            ])
    }

    @Test func aSupervisorThatIsGoneIsNoError() throws {
        var ends: [Int32] = [0, 0]
        try #require(clinux_stream_pair(&ends) == 0)
        close(ends[0])
        JobReporter(descriptor: ends[1]).finish(.result(rows: [:]))
        close(ends[1])
    }
}
