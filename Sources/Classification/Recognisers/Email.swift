/// An address of RFC 5321, without quoted local parts and address literals, also as `Name <address>` and
/// `mailto:address`.
struct Email: ValueRecogniser {
    let entity = Entity.email
    let name = "email"

    func matches(_ value: SampledValue) -> Bool {
        var text = value.bytes[...]
        if ByteText.starts(value.bytes, with: "mailto:") { text = text.dropFirst(7) }
        if text.last == UInt8(ascii: ">"), let start = text.lastIndex(of: UInt8(ascii: "<")) {
            text = text[(start + 1)...].dropLast()
        }
        return Self.isAddress(text)
    }

    static func isAddress(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count <= 254, let at = text.lastIndex(of: UInt8(ascii: "@")), at - text.startIndex <= 64 else {
            return false
        }
        let (local, domain) = (text[..<at], text[(at + 1)...])
        guard let first = local.first, first != UInt8(ascii: "."), local.last != UInt8(ascii: ".") else { return false }
        return local.allSatisfy(isLocal) && isDomain(domain)
    }

    /// Whether it has two labels or more, and the last is one of letters.
    static func isDomain(_ text: ArraySlice<UInt8>) -> Bool {
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.count >= 2 else { return false }
        let isTop = last.allSatisfy { $0.isLetter || $0 >= 0x80 } || last.starts(with: "xn--".utf8)
        return isTop && last.count <= 24 && labels.allSatisfy(isLabel)
    }

    private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
        guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
        return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
            && label.allSatisfy { $0.isLetter || $0.isDigit || $0 >= 0x80 || $0 == UInt8(ascii: "-") }
    }

    /// RFC 5322 `atext`, the full stop, and other alphabets (RFC 6531).
    private static func isLocal(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte >= 0x80 || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
    }
}
