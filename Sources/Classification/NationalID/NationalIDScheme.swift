/// How a state numbers people.
struct NationalIDScheme: Sendable {
    enum Check: Sendable {
        /// Digits, separators removed: how many there are, and what their values must satisfy.
        case digits(ClosedRange<Int>, @Sendable ([Int]) -> Bool)
        /// Capitals and digits, separators removed: their shape (`a` a letter, `9` a digit, `*` either), and what
        /// they must satisfy.
        case letters(StaticString, @Sendable ([UInt8]) -> Bool)
    }

    /// ISO 3166-1.
    var country: String
    var name: String
    /// The probability that random digits (or letters where there are letters) of the right number are valid, at most.
    var chance: Double
    /// The shapes without which a value is not told from any other number: `999-99-9999`; `nil`: none is needed.
    var form: [StaticString]?
    var check: Check

    init(
        _ country: String, _ name: String, chance: Double, form: [StaticString]? = nil, digits: ClosedRange<Int>,
        _ isValid: @escaping @Sendable ([Int]) -> Bool
    ) {
        self.init(country, name, chance: chance, form: form, .digits(digits, isValid))
    }

    init(
        _ country: String, _ name: String, chance: Double, letters: StaticString,
        _ isValid: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.init(country, name, chance: chance, form: nil, .letters(letters, isValid))
    }

    private init(_ country: String, _ name: String, chance: Double, form: [StaticString]?, _ check: Check) {
        (self.country, self.name, self.chance, self.form, self.check) = (country, name, chance, form, check)
    }

    /// - Parameter needsForm: Whether a value that is written without its separators does not count.
    func matches(_ text: IDText, needsForm: Bool = true) -> Bool {
        if needsForm, let form, !form.contains(where: { text.has($0) }) { return false }
        switch check {
        case .digits(let count, let isValid):
            guard let digits = text.digits, count.contains(digits.count) else { return false }
            return isValid(digits)
        case .letters(let shape, let isValid):
            guard let compact = text.compact, Self.fits(compact, shape) else { return false }
            return isValid(compact)
        }
    }

    private static func fits(_ text: [UInt8], _ shape: StaticString) -> Bool {
        guard text.count == shape.utf8CodeUnitCount else { return false }
        return shape.withUTF8Buffer { shape in
            zip(text, shape).allSatisfy { byte, kind in
                switch kind {
                case UInt8(ascii: "a"): byte.isUpper
                case UInt8(ascii: "9"): byte.isDigit
                case UInt8(ascii: "*"): true
                default: byte == kind
                }
            }
        }
    }
}

/// A value as a number of a person: without its separators.
struct IDText: Sendable {
    var digits: [Int]?
    var compact: [UInt8]?
    private let shape: [UInt8]

    private static let separators = Array(" -./+".utf8)

    init?(_ text: [UInt8]) {
        guard (6...24).contains(text.count), text.contains(where: \.isDigit) else { return nil }
        compact = ByteText.compact(text, separators: Self.separators)
        guard compact != nil else { return nil }
        digits = ByteText.digits(text, separators: Self.separators)
        shape = ByteText.shape(text)
    }

    /// Whether separators stand in it.
    var isFormatted: Bool { compact.map { $0.count < shape.count } ?? false }

    func has(_ form: StaticString) -> Bool {
        form.utf8CodeUnitCount == shape.count && form.withUTF8Buffer { $0.elementsEqual(shape) }
    }
}

/// Arithmetic of check digits, and days inside of numbers.
enum IDDigits {
    /// The sum of the digits by their weights, as far as there are weights.
    static func sum(_ digits: some Collection<Int>, _ weights: [Int]) -> Int {
        zip(digits, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    static func number(_ digits: [Int], _ range: Range<Int>) -> Int { ByteText.number(digits[range]) }

    /// Whether month and day exist, in a year that is not asked.
    static func isDay(month: Int, day: Int) -> Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        return day <= [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// `yymmdd` from `place` on.
    static func isYearMonthDay(_ digits: [Int], at place: Int = 0) -> Bool {
        isDay(month: number(digits, place + 2..<place + 4), day: number(digits, place + 4..<place + 6))
    }

    /// `ddmmyy` from `place` on.
    static func isDayMonthYear(_ digits: [Int], at place: Int = 0) -> Bool {
        isDay(month: number(digits, place + 2..<place + 4), day: number(digits, place..<place + 2))
    }

    /// ISO 7064, MOD 11-10, over all digits.
    static func isModulo11By10(_ digits: [Int]) -> Bool {
        var product = 10
        for digit in digits.dropLast() {
            let sum = (digit + product) % 10
            product = (sum == 0 ? 10 : sum) * 2 % 11
        }
        return (11 - product) % 10 == digits.last
    }

    /// Whether they are all the same.
    static func isRepdigit(_ digits: [Int]) -> Bool { digits.allSatisfy { $0 == digits.first } }
}
