import Access
import Cryptography
import TestSupport

/// What a mask does, written from api.md alone.
enum ReferenceMask: Hashable, Sendable {
    case nullify
    case fixed(String)
    case token(domain: String)
    case sha256
    case alphanum
    /// To the nearest multiple of so many 1/10,000.
    case round(Int)
    case year, month, email
    case showLast(Int)
    case showFirst(Int)
    /// The domain of a mail address, or the first two characters.
    case mailDomain
    /// No number over 10.
    case capped

    /// The body of the mask in JSON.
    var json: String {
        switch self {
        case .nullify: #"{"kind":"nullify"}"#
        case .fixed(let value): #"{"kind":"fixed","value":\#(JSONText.quoted(value))}"#
        case .token(let domain): #"{"kind":"token","domain":"\#(domain)"}"#
        case .sha256: #"{"kind":"sha256"}"#
        case .alphanum: #"{"kind":"alphanum"}"#
        case .round(let units): #"{"kind":"round","to":\#(ReferenceValue.number(units).spelling ?? "1")}"#
        case .year: #"{"kind":"year"}"#
        case .month: #"{"kind":"month"}"#
        case .email: #"{"kind":"email"}"#
        case .showLast(let count): #"{"kind":"show-last","count":\#(count)}"#
        case .showFirst(let count): #"{"kind":"show-first","count":\#(count)}"#
        case .mailDomain:
            #"{"kind":"expression","expression":"CASE WHEN value LIKE '%@%' THEN '@' || split_part(value, '@', 2) ELSE left(value, 2) END"}"#
        case .capped: #"{"kind":"expression","expression":"CASE WHEN value > 10 THEN 10 ELSE value END"}"#
        }
    }

    /// Whether it has a meaning for the type. A tag's mask that has none acts as `nullify` there.
    func fits(_ type: ReferenceType) -> Bool {
        switch self {
        case .nullify: true
        case .fixed(let value): type.cast(value) != nil
        case .sha256: type == .text
        case .token, .alphanum, .email, .showLast, .showFirst, .mailDomain: type.isText
        case .round, .capped: type.isNumber
        case .year, .month: type.isMoment
        }
    }

    /// Strictest first; within a kind by what is shown.
    var strictness: [Int] {
        switch self {
        case .nullify: [0]
        case .fixed: [1]
        case .token(let domain): [2] + domain.utf8.map(Int.init)
        case .sha256: [3]
        case .alphanum: [4]
        case .round(let units): [5, -units]
        case .year: [6]
        case .month: [7]
        case .email: [8]
        case .showLast(let count): [9, count]
        case .showFirst(let count): [10, count]
        case .mailDomain: [11, 0]
        case .capped: [11, 1]
        }
    }

    func masked(_ value: ReferenceValue, _ type: ReferenceType) -> ReferenceValue {
        switch (self, value) {
        case (_, .null): return .null
        case (.nullify, _): return .null
        case (.fixed(let text), _): return type.cast(text) ?? .null
        case (_, .text(let text)): return .text(masked(Array(text.unicodeScalars)))
        case (.round(let multiple), .number(let units)): return .number(Self.nearest(units, multiple, type))
        case (.capped, .number(let units)): return .number(min(units, 10 * ReferenceValue.scale))
        case (.year, .day(let days)): return .day(Self.start(days, ofYear: true))
        case (.month, .day(let days)): return .day(Self.start(days, ofYear: false))
        case (.year, .instant(let moment)), (.month, .instant(let moment)):
            let day = Self.start(Calendar.dayOf(instant: moment), ofYear: self == .year)
            return .instant(day * ReferenceValue.microsecondsPerDay)
        default: return .null
        }
    }

    private static func start(_ days: Int, ofYear: Bool) -> Int {
        let (year, month, _) = Calendar.civil(days)
        return Calendar.days(year: year, month: ofYear ? 1 : month, day: 1)
    }

    /// Halves go away from zero; what the type could not hold goes towards it.
    private static func nearest(_ units: Int, _ multiple: Int, _ type: ReferenceType) -> Int {
        let greatest = type == .integer ? 2_147_483_647 * ReferenceValue.scale : 99_999_999_999_900
        var rounded = (2 * abs(units) + multiple) / (2 * multiple) * multiple
        if rounded > greatest { rounded -= multiple }
        return units < 0 ? -rounded : rounded
    }

    /// Masks of text count code points.
    private func masked(_ text: [Unicode.Scalar]) -> String {
        func stars(_ count: Int) -> String { String(repeating: "*", count: count) }
        func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            return String(view)
        }
        switch self {
        case .token(let domain):
            let key = Self.key(of: domain)
            return String(
                Hex.encode(HMACSHA256.authenticationCode(for: Array(string(text).utf8), keyBytes: key)).prefix(32))
        case .sha256: return Hex.encode(SHA256.hash(Self.key(of: nil) + Array(string(text).utf8)))
        case .showFirst(let count):
            return text.count <= count ? stars(text.count) : string(text.prefix(count)) + stars(text.count - count)
        case .showLast(let count):
            return text.count <= count ? stars(text.count) : stars(text.count - count) + string(text.suffix(count))
        case .mailDomain:
            guard let at = text.firstIndex(of: "@") else { return string(text.prefix(2)) }
            return "@" + string(text[(at + 1)...].prefix { $0 != "@" })
        case .email:
            guard let at = text.lastIndex(of: "@") else { return stars(text.count) }
            return string(text[..<at].prefix(1)) + stars(max(0, at - 1)) + string(text[at...])
        case .alphanum:
            return string(
                text.map { scalar in
                    if ("0"..."9").contains(scalar) { return "n" }
                    return "(),.-@".unicodeScalars.contains(scalar) ? scalar : "x"
                })
        default: return ""
        }
    }
}

extension ReferenceMask {
    static let tokenDomains = ["a", "b"]

    /// The key that the tests give a token domain; the platform's salt of `nil` (`Warehouse.make`).
    static func key(of domain: String?) -> [UInt8] { SHA256.hash("key of \(domain ?? "the platform")") }

    /// One of any kind whose values can be told before the statement: all but `sha256-query` (`QuerySaltTests`).
    static func random(_ random: inout SeededGenerator) -> ReferenceMask {
        while true {
            if let mask = Self.random(random.pick(MaskKind.allCases), &random) { return mask }
        }
    }

    /// One of the kind; `nil`: see above. There is one fixed value, since which of two is the stricter is nobody's business.
    static func random(_ kind: MaskKind, _ random: inout SeededGenerator) -> ReferenceMask? {
        switch kind {
        case .nullify: .nullify
        case .fixed: .fixed("15")
        case .sha256Query: nil
        case .token: .token(domain: random.pick(tokenDomains))
        case .sha256: .sha256
        case .alphanum: .alphanum
        case .round: .round(random.pick([1, 5, 10, 50, 1000]) * ReferenceValue.scale)
        case .year: .year
        case .month: .month
        case .email: .email
        case .showLast: .showLast(random.int(1...6))
        case .showFirst: .showFirst(random.int(1...6))
        case .expression: random.chance(50) ? .mailDomain : .capped
        }
    }
}

/// Just enough JSON to write bodies.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static func list(_ texts: some Sequence<String>) -> String {
        "[" + texts.map(quoted).joined(separator: ",") + "]"
    }
}
