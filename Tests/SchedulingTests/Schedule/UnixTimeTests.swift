import Testing

@testable import Scheduling

@Suite struct UnixTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
    ])
    func momentsArePrintedAsRFC3339(seconds: Int64, text: String) {
        #expect(UnixTime(seconds).description == text)
    }
}
