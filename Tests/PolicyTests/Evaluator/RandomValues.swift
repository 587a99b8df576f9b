import TestSupport

/// Values that masks, filters and casts find hard, from small pools so that rows and literals meet.
enum RandomValues {
    static let texts = [
        "Ann.Lee@example.org", "no-at-sign", "@lead.org", "a@b@c.d", "", "Ünï@cödé.org", "👩‍🚀 astro@moon", "x",
        "(030) 123-45,6", "0xDEADbeef", "two\nlines", "٣٤ digits", "e\u{301}toile@x.y", "quote'd \"x\" \\ back",
        "50%_off",
        "EU", "US", "APAC", "eu", "𝔸𝔹ℂ123", "    ", "NULL", "\u{FEFF}bom", "aa", "ab", "b",
    ]
    static let regions = ["EU", "US", "APAC", "eu", ""]

    static func value(_ column: String, _ type: ReferenceType, _ random: inout SeededGenerator) -> ReferenceValue {
        if random.chance(15) { return .null }
        switch type {
        case .text, .shortText: return .text(random.pick(column == "region" ? regions : texts))
        case .integer:
            return .integer(
                random.pick([-250, -15, -5, -1, 0, 1, 4, 5, 10, 14, 15, 16, 49, 50, 51, 995, 2_000_000_000]))
        case .numeric: return .cents(random.pick([-1250, -50, -1, 0, 1, 25, 50, 99, 150, 250, 9999, 999_999_999_999]))
        case .boolean: return .truth(random.chance(50))
        case .date:
            return .day(
                random.pick([
                    Calendar.days(year: 2024, month: 2, day: 29), Calendar.days(year: 2024, month: 12, day: 31), 0,
                    Calendar.days(year: 1899, month: 7, day: 4), Calendar.days(year: 2000, month: 1, day: 1),
                ]))
        case .instant:
            let day = random.pick([
                Calendar.days(year: 2024, month: 5, day: 1), Calendar.days(year: 1969, month: 12, day: 31), 0,
            ])
            return .instant(
                day * ReferenceValue.microsecondsPerDay + random.pick([0, 1, 3600, 45_296, 86_399]) * 1_000_000)
        }
    }

    /// Attribute values: some cast to the type, some to none.
    static func attribute(_ random: inout SeededGenerator) -> [String] {
        random.some(
            of: [
                "EU", "US", "eu", "", "15", " 5 ", "-15", "1.5", "99.99", "4.0", "three", "true", "f", "yes",
                "2147483648",
                "2024-02-29", "2023-02-29", "2000-01-01", "2024-05-01T00:00:00Z", "2024-05-01 02:00:00+02",
                "2024-05-01",
                "Ann.Lee@example.org", "x", "0",
            ], percent: 25)
    }

    /// A literal to compare the column with.
    static func literal(_ column: String, _ type: ReferenceType, _ random: inout SeededGenerator) -> ReferenceValue {
        while true {
            let value = value(column, type, &random)
            if value != .null { return value }
        }
    }
}

/// Row filters over some columns.
struct RandomFilter {
    var columns: [ReferenceWorld.Column]
    var attributes: [String]

    func make(depth: Int = 0, _ random: inout SeededGenerator) -> ReferenceFilter {
        if depth < 2, random.chance(35) {
            let parts = (0..<random.int(2...3)).map { _ in make(depth: depth + 1, &random) }
            return random.chance(50) ? .all(parts) : .any(parts)
        }
        if depth < 3, random.chance(12) { return .not(make(depth: depth + 1, &random)) }
        let column = random.pick(columns)
        switch random.int(0...9) {
        case 0: return .isNull(column.name)
        case 1: return .constant(random.chance(70))
        case 2, 3: return .among(column.name, attribute: random.pick(attributes))
        case 4 where column.type.isText:
            return .like(column.name, random.pick(["%@%", "E%", "_", "%\\_%", "%", "", "a_", "%\n%", "%é%", "50\\%%"]))
        case 5:
            return .isIn(
                column.name,
                (0..<random.int(1...3)).map { _ in RandomValues.literal(column.name, column.type, &random) })
        case 6:
            let others = columns.filter { $0.type == column.type }
            return .compareColumns(column.name, random.pick(["=", "<>", "<", ">="]), random.pick(others).name)
        default:
            return .compare(
                column.name, random.pick(["=", "<>", "<", "<=", ">", ">="]),
                RandomValues.literal(column.name, column.type, &random))
        }
    }
}
