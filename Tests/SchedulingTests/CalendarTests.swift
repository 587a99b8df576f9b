import Testing

@testable import Scheduling

@Suite struct CalendarTests {
    @Test func dayNumbersAndDatesAreInverse() {
        for dayNumber in stride(from: -1_000_000, through: 1_000_000, by: 97) {
            let date = CivilDate(dayNumber: dayNumber)
            #expect(date.dayNumber == dayNumber)
            #expect(date.day <= CivilDate.days(inMonth: date.month, of: date.year))
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
    ])
    func momentsArePrintedAsRFC3339(seconds: Int64, text: String) {
        #expect(UnixTime(seconds).description == text)
    }

    @Test func weekdaysAreCountedFromSunday() {
        #expect(CivilDate.weekday(ofDayNumber: 0) == 4)
        #expect(CivilDate.weekday(ofDayNumber: CivilDate(year: 2026, month: 11, day: 22).dayNumber) == 0)
        #expect(CivilDate.weekday(ofDayNumber: -5) == 6)
    }
}
