/// Percent-decoding of URIs (RFC 3986 §2.1), strict: what is not well-formed is refused, never passed through.
public enum PercentCoding {
    /// Decodes escapes and, in query strings, `+` as a space; `nil` for a bad escape, for bytes that are no UTF-8 and
    /// for U+0000, which no text of this platform may hold.
    static func decode(_ bytes: Span<UInt8>, plusIsSpace: Bool = false) -> String? {
        guard needsDecoding(bytes, plusIsSpace: plusIsSpace) else { return validated(bytes) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                    let low = bytes[index + 2].hexDigitValue
                else { return nil }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
                index += 1
            }
        }
        return validated(decoded.span)
    }

    /// Encodes everything but the unreserved characters of RFC 3986 §2.3: safe in a path segment and in a query.
    public static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexDigit(byte >> 4))
                encoded.append(hexDigit(byte & 15))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }

    private static func needsDecoding(_ bytes: Span<UInt8>, plusIsSpace: Bool) -> Bool {
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "%") || (plusIsSpace && bytes[index] == UInt8(ascii: "+")) { return true }
        }
        return false
    }

    private static func validated(_ bytes: Span<UInt8>) -> String? {
        var isASCII = true
        for index in bytes.indices {
            if bytes[index] == 0 { return nil }
            if bytes[index] >= 0x80 { isASCII = false }
        }
        // Validation costs several times as much, and this runs for each segment and parameter.
        if isASCII { return bytes.text() }
        return bytes.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }
}

extension String {
    /// The text as it stands in a path segment or query of a URI: all but unreserved characters escaped.
    public var percentEncoded: String { PercentCoding.encode(self) }
}
