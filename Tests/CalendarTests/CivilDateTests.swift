import Calendar
import Testing

@Suite struct CivilDateTests {
    @Test func dayNumbersAndDatesAreInverse() {
        for dayNumber in stride(from: -1_000_000, through: 1_000_000, by: 97) {
            let date = CivilDate(dayNumber: dayNumber)
            #expect(date.dayNumber == dayNumber)
            #expect(date.day <= CivilDate.days(inMonth: date.month, of: date.year))
        }
    }

    @Test func weekdaysAreCountedFromSunday() {
        #expect(CivilDate.weekday(ofDayNumber: 0) == 4)
        #expect(CivilDate.weekday(ofDayNumber: CivilDate(year: 2026, month: 11, day: 22).dayNumber) == 0)
        #expect(CivilDate.weekday(ofDayNumber: -5) == 6)
    }
}
