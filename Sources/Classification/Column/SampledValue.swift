/// A distinct value of a sample, taken apart once for all recognisers.
struct SampledValue: Sendable {
    var bytes: [UInt8]
    /// Invalid UTF-8 repaired.
    var text: String
    /// Its first words.
    var words: [Word]
    var digitCount = 0
    /// Bytes of letters, other alphabets' too.
    var letterCount = 0
    var spaceCount = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        text = String(decoding: bytes, as: UTF8.self)
        for byte in bytes {
            if byte.isDigit { digitCount += 1 }
            if byte.isLetter || byte >= 0x80 { letterCount += 1 }
            if byte.isSpace { spaceCount += 1 }
        }
        words = letterCount == 0 ? [] : Word.words(of: text)
    }

    /// Whether it is a number: digits with at most a sign and a point.
    var isNumber: Bool {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        return rest.contains(where: \.isDigit) && rest.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
            && rest.count { $0 == UInt8(ascii: ".") } <= 1
    }

    var isDigits: Bool { digitCount == bytes.count }
}
