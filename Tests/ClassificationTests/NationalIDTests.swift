import Testing

@testable import Classification

/// Valid numbers were drawn at random and found valid by python-stdnum 2.2, or are the states' own examples; none is a person's.
@Suite struct NationalIDTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var values: [String]
    }

    static let cases = IDSamples.all.map { Case(testDescription: $0.key, values: $0.value) }.sorted {
        $0.testDescription < $1.testDescription
    }

    @Test(arguments: cases) func validNumbersAreKnown(_ row: Case) throws {
        let schemes = NationalIDSchemes.all.filter { "\($0.country) \($0.name)" == row.testDescription }
        #expect(!schemes.isEmpty)
        for value in row.values {
            let text = try #require(IDText(Array(value.utf8)))
            #expect(schemes.contains { $0.matches(text) }, "\(value)")
        }
    }

    /// A digit that is another one is found by all check digits but those of few remainders.
    @Test(arguments: cases) func anotherDigitIsMostlyFound(_ row: Case) throws {
        let schemes = NationalIDSchemes.all.filter { "\($0.country) \($0.name)" == row.testDescription }
        guard schemes.allSatisfy({ $0.form == nil || $0.country == "CL" }),
            !["IN PAN", "MX CURP", "GB National Insurance number"].contains(row.testDescription)
        else { return }
        var (valid, count) = (0, 0)
        for value in row.values {
            for place in value.utf8.indices where value.utf8[place] >= 0x30 && value.utf8[place] <= 0x39 {
                var bytes = Array(value.utf8)
                let index = value.utf8.distance(from: value.utf8.startIndex, to: place)
                bytes[index] = bytes[index] == 0x39 ? 0x30 : bytes[index] + 1
                count += 1
                if let text = IDText(bytes), schemes.contains(where: { $0.matches(text) }) { valid += 1 }
            }
        }
        #expect(valid * 5 <= count, "\(valid) of \(count)")
    }

    @Test func chanceIsNoLessThanMeasured() {
        var generator = SystemRandomNumberGenerator()
        for scheme in NationalIDSchemes.all {
            guard case .digits(let counts, _) = scheme.check else { continue }
            var valid = 0
            for _ in 0..<20_000 {
                let digits = (0..<counts.upperBound).map { _ in UInt8.random(in: 0x30...0x39, using: &generator) }
                if let text = IDText(digits), scheme.matches(text, needsForm: false) { valid += 1 }
            }
            let limit = scheme.form == nil ? scheme.chance * 1.35 + 0.003 : 1
            #expect(Double(valid) / 20_000 <= limit, "\(scheme.country) \(scheme.name): \(Double(valid) / 20_000)")
        }
    }
}
