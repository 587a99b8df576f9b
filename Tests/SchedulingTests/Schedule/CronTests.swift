import Testing

@testable import Scheduling

@Suite struct CronTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var cron: String
        /// On the wall, after 2027-01-01T00:00:00 (a Friday).
        var next: [String]
        var testDescription: String { cron }

        init(_ cron: String, _ next: String...) {
            self.cron = cron
            self.next = next
        }
    }

    @Test(arguments: [
        Case("0 3 * * *", "2027-01-01T03:00:00", "2027-01-02T03:00:00"),
        Case("*/15 9-10 * * *", "2027-01-01T09:00:00", "2027-01-01T09:15:00", "2027-01-01T09:30:00"),
        Case(
            "5/20 0 * * *", "2027-01-01T00:05:00", "2027-01-01T00:25:00", "2027-01-01T00:45:00", "2027-01-02T00:05:00"),
        Case("10,50 1,3 * * *", "2027-01-01T01:10:00", "2027-01-01T01:50:00", "2027-01-01T03:10:00"),
        Case("0 0 * * MON-wed", "2027-01-04T00:00:00", "2027-01-05T00:00:00", "2027-01-06T00:00:00"),
        Case("0 0 * * 7", "2027-01-03T00:00:00", "2027-01-10T00:00:00"),
        Case("0 0 * * 5-7", "2027-01-02T00:00:00", "2027-01-03T00:00:00", "2027-01-08T00:00:00"),
        Case("0 0 1 feb,Dec *", "2027-02-01T00:00:00", "2027-12-01T00:00:00"),
        Case("0 12 L * *", "2027-01-31T12:00:00", "2027-02-28T12:00:00", "2027-03-31T12:00:00"),
        Case(
            "0 12 1,L 2 *", "2027-02-01T12:00:00", "2027-02-28T12:00:00", "2028-02-01T12:00:00", "2028-02-29T12:00:00"),
        Case("0 0 * * 5L", "2027-01-29T00:00:00", "2027-02-26T00:00:00"),
        Case("0 0 * * FRI#2", "2027-01-08T00:00:00", "2027-02-12T00:00:00"),
        Case("0 0 * * 1#5", "2027-03-29T00:00:00", "2027-05-31T00:00:00"),
        // Either, when neither begins with a star; both, when one does.
        Case("0 0 13 * 5", "2027-01-08T00:00:00", "2027-01-13T00:00:00", "2027-01-15T00:00:00"),
        Case("0 0 */10 * 1", "2027-01-11T00:00:00", "2027-02-01T00:00:00"),
        Case("0 0 29 2 *", "2028-02-29T00:00:00", "2032-02-29T00:00:00"),
        Case("0 0 29 2 */7", "2032-02-29T00:00:00", "2060-02-29T00:00:00", "2088-02-29T00:00:00"),
        Case("30 0 0 * * *", "2027-01-01T00:00:30", "2027-01-02T00:00:30"),
        Case("*/20 59 23 31 12 *", "2027-12-31T23:59:00", "2027-12-31T23:59:20", "2027-12-31T23:59:40"),
        Case("@monthly", "2027-02-01T00:00:00"), Case("@Hourly", "2027-01-01T01:00:00"),
        Case("@weekly", "2027-01-03T00:00:00"), Case("@yearly", "2028-01-01T00:00:00"),
    ])
    func expressionsNameTimes(_ row: Case) throws {
        let cron = try Cron(parsing: row.cron)
        var from = WallTime(2027, 1, 1, 0, 0, 1)
        for expected in row.next {
            let found = try #require(cron.next(from: from, before: WallTime(2100, 1, 1)))
            #expect(found.description == expected)
            from = WallTime(found.seconds + 1)
        }
    }

    @Test(arguments: [
        ("0 0 31 2 *", "no such day"), ("0 0 30 2 *", "no such day"), ("0 0 31 4,6,9,11 *", "no such day"),
        ("0 3 * *", "4 fields"), ("", "0 fields"), ("* * * * * * *", "7 fields"), ("60 * * * *", "\"60\" is no minute"),
        ("* 24 * * *", "\"24\" is no hour"), ("* * 0 * *", "\"0\" is no day of month"), ("* * * 13 *", "is no month"),
        ("* * * * 8", "is no day of week"), ("* * * * MOO", "\"MOO\" is no day of week: 0…7 or SUN…SAT"),
        ("5-1 * * * *", "goes backward"), ("*/0 * * * *", "step"), ("1- * * * *", "\"\" is no minute"),
        ("* * * * 5#6", "1…5"), ("* * * * L", "write a day"), (", * * * *", "\"\" is no minute"),
        ("-1 * * * *", "\"\" is no minute"), ("1.5 * * * *", "is no minute"), ("@reboot", "is not known"),
        ("٣ * * * *", "is no minute"), ("* * ? * *", "\"?\" is no day of month"),
        (String(repeating: "1,", count: 200) + "1 * * * *", "longer"),
    ])
    func whatIsNoneIsRefusedInWords(_ text: String, _ words: String) {
        let error = #expect(throws: CronError.self) { try Cron(parsing: text) }
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
}
