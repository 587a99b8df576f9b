import JSON
import Testing

@testable import sluice

@Suite struct ProgressTests {
    private let start = ContinuousClock.now

    private func line(_ progress: Progress, after seconds: Double, width: Int?) -> String {
        progress.line("Run 5", pace: Pace(from: start), at: start + .seconds(seconds), width: width) {
            Wording.count($0, "row")
        }
    }

    @Test func aBarShowsShareRowsRateAndWhatIsLeft() {
        #expect(
            line(Progress(done: 1000, share: 0.5), after: 5, width: 100)
                == "Run 5  [####################--------------------]  50 %  1,000 rows  200 rows/s  5.0 s left")
        #expect(line(Progress(done: 2000, share: 1), after: 5, width: 100).hasSuffix("100 %  2,000 rows  400 rows/s"))
    }

    @Test func withoutAShareThereIsNoBar() {
        #expect(line(Progress(done: 1, share: nil), after: 2, width: 100) == "Run 5  1 row")
        #expect(line(Progress(done: 0, share: nil), after: 0, width: 100) == "Run 5  0 rows")
    }

    @Test func noLineReachesTheTerminalsEdge() {
        for width in 1...120 {
            for share in [nil, 0, 0.001, 0.33, 1, 7, -1] as [Double?] {
                let text = line(Progress(done: 123_456, share: share), after: 3, width: width)
                #expect(DisplayText.width(of: text) < max(2, width), "width \(width)")
            }
        }
    }

    @Test func theRateIsThatOfTheLastSecondsAndTheMemoryIsBounded() {
        var pace = Pace(from: start)
        // A thousand rows a second for a minute, then ten.
        for second in 1...60 { pace.note(Progress(done: second * 1000), at: start + .seconds(second)) }
        for second in 61...80 { pace.note(Progress(done: 60_000 + (second - 60) * 10), at: start + .seconds(second)) }
        let rate = pace.rate(of: Progress(done: 60_200), at: start + .seconds(80))
        #expect(rate.map { (9...11).contains($0) } == true, "\(String(describing: rate))")
    }

    @Test func figuresAreWordedForPeople() {
        #expect(
            Wording.count(1_234_567) == "1,234,567" && Wording.count(-1000) == "-1,000" && Wording.count(999) == "999")
        #expect(
            Wording.bytes(512) == "512 B" && Wording.bytes(1536) == "1.5 KiB" && Wording.bytes(5 << 30) == "5.0 GiB")
        #expect(Wording.duration(.milliseconds(450)) == "0.5 s" && Wording.duration(.seconds(75)) == "1 min 15 s")
        #expect(Wording.duration(.seconds(7260)) == "2 h 1 min")
        #expect(Wording.time("2026-11-21T02:00:00.412133Z") == "2026-11-21 02:00:00" && Wording.time(.null) == "")
    }
}

extension Progress {
    fileprivate init(done: Int) { self.init(done: done, share: nil) }
}
