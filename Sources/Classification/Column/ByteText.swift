/// Questions to bytes of ASCII; bytes of other letters are neither digits nor letters here.
extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isUpper: Bool { self >= 0x41 && self <= 0x5A }
    var isLower: Bool { self >= 0x61 && self <= 0x7A }
    var isLetter: Bool { isUpper || isLower }
    var isHexDigit: Bool { isDigit || self >= 0x41 && self <= 0x46 || self >= 0x61 && self <= 0x66 }
    var isSpace: Bool { self == 0x20 || self >= 0x09 && self <= 0x0D }
    /// Of `0` to `9`; meaningless for other bytes.
    var digit: Int { Int(self) - 0x30 }
    var uppercased: UInt8 { isLower ? self - 0x20 : self }

    static func ascii(_ character: Unicode.Scalar) -> UInt8 { UInt8(ascii: character) }
}

/// Small tools for texts as bytes.
enum ByteText {
    static func trimmed(_ text: [UInt8]) -> [UInt8] {
        guard let first = text.firstIndex(where: { !$0.isSpace }), let last = text.lastIndex(where: { !$0.isSpace })
        else { return [] }
        return first == 0 && last == text.count - 1 ? text : Array(text[first...last])
    }

    /// The digits' values when there is nothing but digits and `separators`; else `nil`.
    static func digits(_ text: [UInt8], separators: [UInt8]) -> [Int]? {
        var digits: [Int] = []
        for byte in text {
            if byte.isDigit { digits.append(byte.digit) } else if !separators.contains(byte) { return nil }
        }
        return digits
    }

    /// Letters in upper case and digits, when there is nothing else but `separators`; else `nil`.
    static func compact(_ text: [UInt8], separators: [UInt8]) -> [UInt8]? {
        var compact: [UInt8] = []
        for byte in text {
            if byte.isDigit || byte.isLetter {
                compact.append(byte.uppercased)
            } else if !separators.contains(byte) {
                return nil
            }
        }
        return compact
    }

    static func starts(_ text: [UInt8], with prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { text.starts(with: $0) }
    }

    /// The number that digits are, at most 18 of them.
    static func number(_ digits: ArraySlice<Int>) -> Int { digits.reduce(0) { $0 * 10 + $1 } }

    static func number(_ digits: ArraySlice<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + $1.digit } }

    /// The text's shape: every digit `9`, every letter `a`, other bytes as they are.
    static func shape(_ text: [UInt8]) -> [UInt8] {
        text.map { $0.isDigit ? UInt8(ascii: "9") : $0.isLetter || $0 >= 0x80 ? UInt8(ascii: "a") : $0 }
    }
}
