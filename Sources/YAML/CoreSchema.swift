internal import JSON

/// The type of a scalar without quotes, by the core schema of YAML 1.2.2 §10.3.2.
///
/// Not YAML 1.1's: `NO`, `on`, `1_000`, `12:30:00` and `2020-01-01` are texts.
enum CoreSchema {
    /// `nil` for an integer in hexadecimal or octal beyond 64 bits.
    static func value(of text: String) -> JSONValue? {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        // JSON lacks these; the text is what `JSONValue` writes for them.
        case ".nan", ".NaN", ".NAN": return .string("NaN")
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .string("Infinity")
        case "-.inf", "-.Inf", "-.INF": return .string("-Infinity")
        default: break
        }
        if text.hasPrefix("0x"), isDigits(text.dropFirst(2), "0123456789abcdefABCDEF") {
            return UInt64(text.dropFirst(2), radix: 16).map { .number(String($0)) }
        }
        if text.hasPrefix("0o"), isDigits(text.dropFirst(2), "01234567") {
            return UInt64(text.dropFirst(2), radix: 8).map { .number(String($0)) }
        }
        return number(text).map { .number($0) } ?? .string(text)
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?` in JSON's stricter spelling; `nil` for others.
    private static func number(_ text: String) -> String? {
        var rest = text[...]
        var result = ""
        if rest.hasPrefix("-") { result = "-" }
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest = rest.dropFirst() }
        let whole = takeDigits(&rest)
        var fraction: Substring = ""
        var hasPoint = false
        if rest.hasPrefix(".") {
            hasPoint = true
            rest = rest.dropFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let significant = whole.drop { $0 == "0" }
        result += significant.isEmpty ? "0" : significant
        if hasPoint { result += "." + (fraction.isEmpty ? "0" : fraction) }
        if rest.isEmpty { return result }
        guard rest.hasPrefix("e") || rest.hasPrefix("E") else { return nil }
        rest = rest.dropFirst()
        result += "e"
        if rest.hasPrefix("-") { result += "-" }
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest = rest.dropFirst() }
        let exponent = takeDigits(&rest)
        return exponent.isEmpty || !rest.isEmpty ? nil : result + exponent
    }

    private static func takeDigits(_ rest: inout Substring) -> Substring {
        let digits = rest.prefix { "0" <= $0 && $0 <= "9" && $0.isASCII }
        rest = rest[digits.endIndex...]
        return digits
    }

    private static func isDigits(_ text: Substring, _ digits: String) -> Bool {
        !text.isEmpty && text.allSatisfy { digits.contains($0) }
    }
}
