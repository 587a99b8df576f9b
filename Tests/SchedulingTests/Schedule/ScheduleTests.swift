import Catalog
import Testing

@testable import Scheduling

@Suite struct ScheduleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var zone: String
        var cron: String
        var gap = ScheduleSpec.Gap.runAfter
        var overlap = ScheduleSpec.Overlap.first
        var after: String
        var next: [String]
    }

    @Test(arguments: [
        Case(
            testDescription: "New York, missing hour: at its end", zone: "America/New_York", cron: "30 2 * * *",
            after: "2027-03-13T12:00:00Z", next: ["2027-03-14T07:00:00Z", "2027-03-15T06:30:00Z"]),
        Case(
            testDescription: "New York, missing hour: skipped", zone: "America/New_York", cron: "30 2 * * *",
            gap: .skip,
            after: "2027-03-13T12:00:00Z", next: ["2027-03-15T06:30:00Z"]),
        Case(
            testDescription: "New York, repeated hour: first", zone: "America/New_York", cron: "30 1 * * *",
            after: "2027-11-07T00:00:00Z", next: ["2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"]),
        Case(
            testDescription: "New York, repeated hour: both", zone: "America/New_York", cron: "30 1 * * *",
            overlap: .both, after: "2027-11-07T00:00:00Z",
            next: ["2027-11-07T05:30:00Z", "2027-11-07T06:30:00Z", "2027-11-08T06:30:00Z"]),
        Case(
            testDescription: "Zurich, the hour after the missing one fires once", zone: "Europe/Zurich",
            cron: "0 2,3 * * *", after: "2027-03-27T12:00:00Z", next: ["2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"]),
        Case(
            testDescription: "Zurich, every quarter over the missing hour", zone: "Europe/Zurich", cron: "*/15 * * * *",
            after: "2027-03-28T00:30:00Z",
            next: ["2027-03-28T00:45:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:15:00Z"]),
        Case(
            testDescription: "Zurich, every quarter over the repeated hour: first", zone: "Europe/Zurich",
            cron: "*/15 * * * *", after: "2027-10-31T00:30:00Z",
            next: ["2027-10-31T00:45:00Z", "2027-10-31T02:00:00Z", "2027-10-31T02:15:00Z"]),
        Case(
            testDescription: "Zurich, every quarter over the repeated hour: both", zone: "Europe/Zurich",
            cron: "*/15 * * * *", overlap: .both, after: "2027-10-31T00:30:00Z",
            next: ["2027-10-31T00:45:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:15:00Z"]),
        Case(
            testDescription: "Lord Howe, half an hour is missing", zone: "Australia/Lord_Howe", cron: "15 2 * * *",
            after: "2027-10-02T00:00:00Z", next: ["2027-10-02T15:30:00Z", "2027-10-03T15:15:00Z"]),
        Case(
            testDescription: "Lord Howe, half an hour is repeated", zone: "Australia/Lord_Howe", cron: "45 1 * * *",
            overlap: .both, after: "2027-04-03T00:00:00Z",
            next: ["2027-04-03T14:45:00Z", "2027-04-03T15:15:00Z", "2027-04-04T15:15:00Z"]),
        Case(
            testDescription: "Santiago, midnight is missing", zone: "America/Santiago", cron: "0 0 * * *",
            after: "2027-09-04T12:00:00Z", next: ["2027-09-05T04:00:00Z", "2027-09-06T03:00:00Z"]),
        Case(
            testDescription: "Santiago, the hour before midnight is repeated", zone: "America/Santiago",
            cron: "30 23 * * *", after: "2027-04-03T12:00:00Z", next: ["2027-04-04T02:30:00Z", "2027-04-05T03:30:00Z"]),
        Case(
            testDescription: "29 February over 2100", zone: "UTC", cron: "0 0 29 2 *", after: "2095-01-01T00:00:00Z",
            next: ["2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"]),
        Case(
            testDescription: "far beyond the file's last transition", zone: "Europe/Zurich", cron: "0 12 1 1,7 *",
            after: "2099-12-31T23:00:00Z", next: ["2100-01-01T11:00:00Z", "2100-07-01T10:00:00Z"]),
    ])
    func nominalTimes(_ row: Case) throws {
        let schedule = Schedule(
            cron: try Cron(parsing: row.cron), zone: try TimeZone(named: row.zone), gap: row.gap, overlap: row.overlap)
        let times = schedule.next(row.next.count, after: try UnixTime.reading(row.after))
        #expect(times.map(\.description) == row.next)
    }

    @Test func theLastMissedTimeIsFoundWithoutGoingThroughThem() throws {
        let schedule = Schedule(cron: try Cron(parsing: "*/7 * * * * *"), zone: try TimeZone(named: "America/Santiago"))
        let end = try UnixTime.reading("2027-06-01T00:00:05Z")
        #expect(schedule.latest(after: UnixTime(0), upTo: end)?.description == "2027-06-01T00:00:00Z")
        let yearly = Schedule(cron: try Cron(parsing: "@yearly"), zone: .utc)
        #expect(
            yearly.latest(after: try .reading("2020-06-01T00:00:00Z"), upTo: end)?.description == "2027-01-01T00:00:00Z"
        )
        #expect(yearly.latest(after: try .reading("2027-01-01T00:00:00Z"), upTo: end) == nil)
    }

    @Test(arguments: [
        "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "Europe/../UTC", "", "Europe", "right/Europe/Zurich",
        "Europe/Zurich\0", "europe/zurich ", "posixrules.", String(repeating: "A", count: 65), "tzdata.zi", "A/B/C/D/E",
    ])
    func namesThatAreNoZoneAreRefused(_ name: String) {
        #expect(throws: ZoneError.self) { try TimeZone(named: name) }
    }

    @Test func cutOffFilesAreRefused() throws {
        let bytes = try #require(TimeZone.read(TimeZone.folder + "/Europe/Zurich"))
        #expect(TZif(bytes) != nil)
        for length in stride(from: 0, to: bytes.count - 1, by: 7) { #expect(TZif(Array(bytes[..<length])) == nil) }
    }
}

extension UnixTime {
    /// Reads what `description` writes.
    static func reading(_ text: String) throws -> UnixTime {
        let numbers = text.split { !"0123456789".contains($0) }.compactMap { Int($0) }
        try #require(numbers.count == 6)
        return UnixTime(WallTime(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]).seconds)
    }
}
