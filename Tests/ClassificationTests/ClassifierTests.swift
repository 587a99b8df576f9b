import Testing

@testable import Classification

@Suite struct ClassifierTests {
    private let classifier = Classifier(year: 2026)

    private func verdict(_ name: String, type: String? = nil, _ values: [String]) -> Verdict? {
        var sample = ColumnSample(name: name, type: type)
        for value in values { sample.add(value.utf8) }
        return classifier.verdicts(of: [sample])[0]
    }

    /// Columns without a name that says anything.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var values: [String]
        var entity: Entity?
    }

    @Test(arguments: [
        Case(
            testDescription: "e-mail", values: ["ann.lee@example.org", "Bo <b@x.co>", "mailto:c@d.example"],
            entity: .email),
        Case(testDescription: "e-mail, a third dirt", values: ["a@b.cd", "e@f.gh", "call him"], entity: .email),
        Case(
            testDescription: "phone", values: ["+43 664 1234567", "0664/1234567", "(555) 123-4567", "+1-202-555-0143"],
            entity: .phone),
        Case(
            testDescription: "person, whole", values: ["Anna Müller", "Dr. Max Huber", "GARCÍA, María", "John Smith"],
            entity: .personName),
        Case(
            testDescription: "person, given names", values: ["Anna", "Max", "Sophie", "Lukas", "Marie"],
            entity: .personName),
        Case(testDescription: "person, Chinese", values: ["王伟", "李娜", "张敏", "刘洋"], entity: .personName),
        Case(
            testDescription: "address", values: ["Hauptstraße 12", "12 Main Street", "Calle Mayor 5, 28013 Madrid"],
            entity: .postalAddress),
        Case(
            testDescription: "IBAN",
            values: ["AT61 1904 3002 3457 3201", "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"], entity: .iban
        ),
        Case(
            testDescription: "card", values: ["4111 1111 1111 1111", "5555555555554444", "378282246310005"],
            entity: .card),
        Case(
            testDescription: "IPv4 and IPv6", values: ["192.168.1.7", "2001:db8::1", "10.0.0.1/8", "203.0.113.9:443"],
            entity: .ipAddress),
        Case(
            testDescription: "MAC", values: ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b8", "001b.4411.3ab9"],
            entity: .macAddress),
        Case(
            testDescription: "URL", values: ["https://example.org/a?b", "www.example.com", "example.net/about"],
            entity: .url),
        Case(
            testDescription: "point", values: ["48.2082, 16.3738", "POINT(16.37 48.21)", "(47.07; 15.43)"],
            entity: .coordinates),
        Case(
            testDescription: "user name", values: ["jsmith", "anna.mueller", "maxhuber42", "mgarcia7"],
            entity: .userName),
        Case(
            testDescription: "text with addresses inside",
            values: [
                "Please write to ann@example.org about the order", "Customer called about nothing at all today",
                "Reach him at +43 664 1234567 before noon",
            ],
            entity: .freeText),
        Case(
            testDescription: "products",
            values: ["Rustic Steel Chair", "Sleek Cotton Shirt", "Handmade Rubber Hat", "Smart Wooden Table"],
            entity: nil),
        Case(
            testDescription: "cities", values: ["Berlin", "Wien", "New York", "Lyon", "Hamburg", "Graz", "Bordeaux"],
            entity: nil),
        Case(
            testDescription: "companies", values: ["Smith Ltd", "Müller GmbH", "Garcia and Sons", "Novák s.r.o."],
            entity: nil),
        Case(
            testDescription: "versions", values: ["1.2.3.4", "2.0.1.7", "3.14.0.2", "10.1.9.9", "0.9.1.1"], entity: nil),
        Case(testDescription: "SKUs", values: ["ABC-1234-X", "QRS-9911-A", "LMN-0042-Z"], entity: nil),
        Case(
            testDescription: "hashes",
            values: ["d41d8cd98f00b204e9800998ecf8427e", "9e107d9d372bb6826bd81d3542a419d6"], entity: nil),
        Case(
            testDescription: "timestamps",
            values: ["2026-01-02 03:04:05", "2025-11-30T12:00:00Z", "2024-06-06 06:06:06"], entity: nil),
        Case(testDescription: "ISBN", values: ["0-306-40615-2", "978-3-16-148410-0", "0-19-852663-6"], entity: nil),
        Case(testDescription: "vehicles", values: ["XJ-QA 691", "W-123 AB", "AB-CD 123"], entity: nil),
        Case(testDescription: "nothing", values: ["", "NULL", "n/a", "-"], entity: nil),
    ])
    func valuesAloneDecide(_ row: Case) { #expect(verdict("col7", row.values)?.entity == row.entity) }

    @Test(arguments: [1000, 4_000_000_000, 100_000_000, 4_111_111_111_111_000, 10_101_900_000, 756_123_456_000_0])
    func aCounterIsNobodysNumber(start: Int) {
        #expect(verdict("id", (0..<1000).map { "\(start + $0)" }) == nil)
        #expect(verdict("card_id", (0..<1000).map { "\(start + $0)" }) == nil)
    }

    @Test(arguments: 8...18) func randomNumbersAreNobodysNumbers(length: Int) {
        var generator = SystemRandomNumberGenerator()
        let values = (0..<400).map { _ in
            String(decoding: (0..<length).map { _ in UInt8.random(in: 0x30...0x39, using: &generator) }, as: UTF8.self)
        }
        let found = verdict("x", values)
        #expect(found == nil, "\(String(describing: found))")
    }

    @Test(
        arguments: [
            ("geburtsdatum", ["12.03.1980", "01.05.1955"], Entity.birthDate),
            ("hire_date", ["2012-03-01", "1999-05-17"], nil),
            ("FIRST_NAME", ["Xqwert", "Zuiop"], .personName), ("product_name", ["Anna", "Max", "Lisa", "Tom"], nil),
            ("email_verified", ["true", "false"], nil), ("phone_type", ["mobile", "home"], nil),
            ("custEmailAddr", ["a@b.cd"], .email),
            ("steuer_id", ["86095742719", "47036892816"], .nationalID), ("ip", ["10.0.0.1", "10.0.0.2"], .ipAddress),
            ("kundentelefon", ["4312345678", "4398765432"], .phone), ("latitude", ["48", "47"], .coordinates),
        ] as [(String, [String], Entity?)])
    func theNameDecidesWithTheValues(name: String, values: [String], entity: Entity?) {
        #expect(verdict(name, values)?.entity == entity)
    }

    @Test func typesBoundWhatAColumnCanHold() {
        #expect(verdict("email", type: "boolean", ["t", "f"]) == nil)
        #expect(verdict("client", type: "inet", ["10.1.2.3"])?.entity == .ipAddress)
        #expect(verdict("name", type: "integer", ["1", "2"]) == nil)
    }

    @Test func latitudeAndLongitudeBesideEachOther() {
        var columns = [ColumnSample(name: "a"), ColumnSample(name: "b")]
        for place in 0..<40 {
            columns[0].add("\(47.5 + Double(place) * 0.0371)".utf8)
            columns[1].add("\(15.2 + Double(place) * 0.0571)".utf8)
        }
        #expect(classifier.verdicts(of: columns).map { $0?.entity } == [.coordinates, .coordinates])
    }

    @Test func evidenceSaysWhyAndHowMuch() throws {
        let found = try #require(verdict("e_mail", ["a@b.cd", "c@d.ef", "none of that"]))
        #expect(found.evidence == Evidence(share: 0.667, valueCount: 3, recogniser: "email", nameRule: "e mail"))
        #expect(found.confidence > 0.9 && found.confidence <= 1)
    }

    @Test func samplesAreBounded() {
        var sample = ColumnSample(name: "x")
        for number in 0..<3000 { sample.add("\(number)".utf8) }
        sample.add(repeatElement(UInt8(ascii: "a"), count: 5000))
        #expect(sample.values.count == ColumnSample.maxValues && sample.isFull)
        var long = ColumnSample(name: "x")
        long.add(repeatElement(UInt8(ascii: "a"), count: 5000))
        #expect(long.values[0].count == ColumnSample.maxValueBytes)
    }

    /// Bytes of all sorts end in a verdict or none, and never in a trap.
    @Test(arguments: 0..<20) func anyBytesAreJudged(seed: UInt64) {
        var generator = Seeded(state: seed)
        let alphabet: [UInt8] = Array("0123456789.-+@:/()[]{} ,;xXaA#\"'\u{e4}\u{5f20}".utf8) + [0xFF, 0x00, 0xC3]
        let columns = (0..<8).map { _ in
            var sample = ColumnSample(name: String(decoding: random(&generator, alphabet, 12), as: UTF8.self))
            for _ in 0..<60 { sample.add(random(&generator, alphabet, 30)) }
            return sample
        }
        #expect(classifier.verdicts(of: columns).count == 8)
    }

    private func random(_ generator: inout Seeded, _ alphabet: [UInt8], _ most: Int) -> [UInt8] {
        (0..<Int.random(in: 0...most, using: &generator)).map { _ in alphabet.randomElement(using: &generator)! }
    }
}

/// A generator with a known beginning.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
