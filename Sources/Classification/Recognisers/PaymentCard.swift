/// A number of a payment card (ISO/IEC 7812): a network's prefix and length, and the check digit of Luhn.
///
/// Of random digits one in ten has a right check digit, so it is the share above that which counts.
struct PaymentCard: Recogniser {
    let entity = Entity.card

    static let chance = 0.1

    func find(in column: ColumnStatistics) -> Finding? {
        let share = column.share { Self.isCard($0.bytes) }
        let excess = ChecksumShare.excess(share, over: Self.chance, in: column)
        guard excess > 0 else { return nil }
        return Finding(
            confidence: min(0.97, excess * 1.4) * column.weight, share: share, recogniser: "card: Luhn and prefix")
    }

    func plausibility(of column: ColumnStatistics) -> Double {
        column.isDense
            ? 0
            : column.share { value in
                guard let digits = ByteText.digits(value.bytes, separators: Self.separators) else { return false }
                return digits.count >= 12 && digits.count <= 19
            }
    }

    private static let separators: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "-")]

    static func isCard(_ text: [UInt8]) -> Bool {
        guard text.count >= 12, text.count <= 23, let digits = ByteText.digits(text, separators: separators) else {
            return false
        }
        return isOfNetwork(digits) && Luhn.isValid(digits)
    }

    private static func isOfNetwork(_ digits: [Int]) -> Bool {
        guard digits.count >= 12 else { return false }
        let six = ByteText.number(digits[..<6])
        let (two, three, four) = (six / 10_000, six / 1000, six / 100)
        return switch digits.count {
        case 13 where digits[0] == 4, 16 where digits[0] == 4, 19 where digits[0] == 4: true
        case 16 where 51...55 ~= two || 2221...2720 ~= four: true
        case 15 where two == 34 || two == 37: true
        case 15 where four == 1800 || four == 2131: true
        case 14...16 where 300...305 ~= three || two == 36 || two == 38 || two == 39: true
        case 16...19 where four == 6011 || 644...649 ~= three || two == 65: true
        case 16...19 where 3528...3589 ~= four || two == 62 || two == 81: true
        // Maestro, Verve, Elo, Mir, RuPay.
        case 12...19 where two == 50 || 56...69 ~= two: true
        case 16 where 2200...2204 ~= four || two == 60: true
        default: false
        }
    }
}

/// The check digit of ISO/IEC 7812-1, annex B.
enum Luhn {
    static func isValid(_ digits: [Int]) -> Bool { sum(digits) % 10 == 0 }

    static func sum(_ digits: [Int]) -> Int {
        var sum = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = digit * 2
            sum += place % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled
        }
        return sum
    }
}

/// How far a share of valid checksums goes beyond what chance gives.
enum ChecksumShare {
    /// 0 when it is chance, 1 when every value is valid.
    ///
    /// - Parameter chance: The probability that any value of this form is valid.
    static func excess(_ share: Double, over chance: Double, in column: ColumnStatistics) -> Double {
        let count = Double(column.values.count)
        guard count > 0, share > chance else { return 0 }
        // Five deviations of a binomial: dozens of schemes are tried on every column.
        let deviation = (chance * (1 - chance) / count).squareRoot()
        guard share > chance + min(5 * deviation, 0.5) else { return 0 }
        return (share - chance) / (1 - chance)
    }
}
