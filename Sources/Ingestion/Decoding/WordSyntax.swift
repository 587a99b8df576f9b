/// Checks values that are neither numbers nor times.
enum WordSyntax {
    /// What Postgres' `boolin` takes: unique beginnings of true, false, yes, no, on, off, and 1 and 0, in any case.
    static func checkBoolean(_ text: Span<UInt8>) throws(FieldError) {
        let isBoolean =
            !text.isEmpty
            && (text.isPrefixIgnoringCase(of: "true") || text.isPrefixIgnoringCase(of: "false")
                || text.isPrefixIgnoringCase(of: "yes") || text.isPrefixIgnoringCase(of: "no")
                || text.count > 1 && (text.isPrefixIgnoringCase(of: "on") || text.isPrefixIgnoringCase(of: "off"))
                || text.count == 1 && (text[0] == UInt8(ascii: "1") || text[0] == UInt8(ascii: "0")))
        guard isBoolean else { throw .invalid("is not true or false") }
    }

    /// 32 hexadecimal digits, a hyphen allowed after each group of four, in braces or not (`uuid_in`).
    static func checkUUID(_ text: Span<UInt8>) throws(FieldError) {
        var range = 0..<text.count
        if text.count > 2, text[0] == UInt8(ascii: "{"), text[text.count - 1] == UInt8(ascii: "}") {
            range = 1..<text.count - 1
        }
        var digits = 0
        var mayHyphenate = false
        for index in range {
            if isHexDigit(text[index]), digits < 32 {
                digits += 1
                mayHyphenate = digits % 4 == 0 && digits < 32
            } else if text[index] == UInt8(ascii: "-"), mayHyphenate {
                mayHyphenate = false
            } else {
                throw .invalid("is not a UUID")
            }
        }
        guard digits == 32 else { throw .invalid("is not a UUID") }
    }

    /// Refuses what cannot be a network address; the rest is for Postgres to judge.
    static func checkAddress(_ text: Span<UInt8>) throws(FieldError) {
        var isPlausible = (2...50).contains(text.count)
        for index in text.indices where isPlausible {
            let byte = text[index]
            isPlausible =
                isHexDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
                || byte == UInt8(ascii: "/")
        }
        guard isPlausible else { throw .invalid("is not an IP address") }
    }

    /// Refuses what cannot be an interval (ISO 8601, or words in ASCII); the rest is for Postgres to judge.
    static func checkInterval(_ text: Span<UInt8>) throws(FieldError) {
        var isPlausible = (1...200).contains(text.count)
        var hasDigit = false
        for index in text.indices where isPlausible {
            let byte = text[index]
            hasDigit = hasDigit || isDigit(byte)
            isPlausible = byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\"")
        }
        guard isPlausible, hasDigit else { throw .invalid("is not an interval like P1DT2H or 1 day 02:00:00") }
    }
}

/// `bytea` values: base64 (RFC 4648 §4, padded) or Postgres' hexadecimal `\x…`.
enum BinarySyntax {
    /// Appends the value as `\x…`, the backslash escaped for `layer`.
    static func append(_ text: Span<UInt8>, _ layer: CopyText.Layer, to output: inout [UInt8]) throws(FieldError) {
        output.append(contentsOf: layer == .field ? "\\\\x".utf8 : "\\\\\\\\x".utf8)
        if text.count >= 2, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") {
            for index in 2..<text.count where !isHexDigit(text[index]) { throw malformed }
            guard text.count % 2 == 0 else { throw malformed }
            CopyText.append(plain: text.extracting(2..<text.count), to: &output)
        } else {
            try appendBase64(text, to: &output)
        }
    }

    private static var malformed: FieldError { .invalid("is neither base64 nor \\x and hexadecimal digits") }

    private static func appendBase64(_ text: Span<UInt8>, to output: inout [UInt8]) throws(FieldError) {
        guard text.count % 4 == 0 else { throw malformed }
        var digits = text.count
        if digits > 0, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
        if digits > 0, digits < text.count, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
        var bits: UInt32 = 0
        var bitCount = 0
        for index in 0..<digits {
            guard let value = value(ofDigit: text[index]) else { throw malformed }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            let byte = UInt8(truncatingIfNeeded: bits >> UInt32(bitCount))
            output.append(hexDigit(byte >> 4))
            output.append(hexDigit(byte & 0xF))
        }
        // Bits that no byte takes must be zero, or two texts would stand for one value.
        guard bits & (1 << UInt32(bitCount) - 1) == 0 else { throw malformed }
    }

    private static func value(ofDigit byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
