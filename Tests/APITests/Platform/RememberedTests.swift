import Testing

@testable import API

struct RememberedTests {
    @Test func everyAskerMayUseWhatIsFresh() {
        let remembered = Remembered(1, for: .seconds(3600))
        #expect(remembered.isFresh)
        #expect((0..<3).allSatisfy { _ in remembered.isGoodForAsker() })
    }

    /// 1900 s of 3600 s have passed.
    @Test func oneAskerOfTheSecondHalfReadsAnew() {
        let remembered = Remembered(1, for: .seconds(3600), since: .now - .seconds(1900))
        #expect(!remembered.isFresh)
        #expect((0..<3).map { _ in remembered.isGoodForAsker() } == [false, true, true])
        #expect(remembered.isFresh)
    }

    @Test func nobodyMayUseWhatIsOutOfDate() {
        let remembered = Remembered(1, for: .seconds(1), since: .now - .seconds(2))
        #expect(!remembered.isFresh)
        #expect((0..<3).allSatisfy { _ in !remembered.isGoodForAsker() })
    }
}
