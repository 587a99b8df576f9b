/// Compares two texts byte by byte, ASCII letters without regard to case.
func equalsIgnoringCase(_ left: String, _ right: String) -> Bool {
    let (a, b) = (left.utf8, right.utf8)
    guard a.count == b.count else { return false }
    var i = a.startIndex
    var j = b.startIndex
    while i != a.endIndex {
        guard a[i].lowercasedASCII == b[j].lowercasedASCII else { return false }
        i = a.index(after: i)
        j = b.index(after: j)
    }
    return true
}

/// Drops spaces and tabs at both ends (OWS, RFC 9110 §5.6.3).
func trimmed(_ text: String) -> String {
    var slice = Substring(text).utf8
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return String(Substring(slice))
}

extension UInt8 {
    var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// The value of a hexadecimal digit, `nil` for any other byte.
    var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// `tchar`, RFC 9110 §5.6.2: what names of methods, fields and codings are made of.
    var isTokenByte: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// What a field value may hold: tab, space, visible ASCII and obs-text (RFC 9110 §5.5).
    var isFieldValueByte: Bool { (self >= 0x20 && self != 0x7F) || self == 0x09 }
}

extension Span<UInt8> {
    func equals(_ text: String) -> Bool {
        guard count == text.utf8.count else { return false }
        var index = 0
        for byte in text.utf8 {
            guard self[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// The bytes as text; what is no UTF-8 becomes U+FFFD.
    func text() -> String {
        withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
