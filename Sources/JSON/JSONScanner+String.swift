/// Where the text of a scanned string lies, between its quotes.
package struct JSONStringRange: Hashable, Sendable {
    package var range: Range<Int>
    /// Whether backslash escapes have to be replaced; without them the bytes are the text.
    package var hasEscapes: Bool

    package init(range: Range<Int>, hasEscapes: Bool) {
        self.range = range
        self.hasEscapes = hasEscapes
    }
}

extension JSONScanner {
    /// Consumes a string, the position being at its opening quote, and checks its escapes and its UTF-8.
    ///
    /// U+0000 is refused in either spelling because a Postgres text cannot hold it; half of a surrogate pair
    /// because it is no character.
    package mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> JSONStringRange {
        position += 1
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return JSONStringRange(range: start..<position - 1, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape(bytes)
            } else if byte >= 0x80 {
                let length = UTF8Sequence.length(in: bytes, at: position)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: position, "not valid UTF-8") }
                position += length
            } else if byte >= 0x20 {
                position += 1
            } else if byte == 0 {
                throw JSONError(.nulCharacter, at: position, "a NUL byte is not allowed in text")
            } else {
                throw JSONError(.controlCharacter, at: position, "a control character must be escaped")
            }
        }
        throw JSONError(.unexpectedEnd, at: bytes.count, "the text ends inside a string")
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        guard start + 1 < bytes.count else {
            throw JSONError(.unexpectedEnd, at: bytes.count, "the text ends inside a string")
        }
        position += 2
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"): break
        default: throw JSONError(.invalidEscape, at: start, "unknown escape")
        }
        let unit = try codeUnit(bytes, escapeAt: start)
        if unit == 0 { throw JSONError(.nulCharacter, at: start, "\\u0000 is not allowed in text") }
        guard unit & 0xF800 == 0xD800 else { return }
        guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONError(.loneSurrogate, at: start, "half of a surrogate pair stands alone") }
        position += 2
        guard try codeUnit(bytes, escapeAt: position - 2) & 0xFC00 == 0xDC00 else {
            throw JSONError(.loneSurrogate, at: start, "half of a surrogate pair stands alone")
        }
    }

    private mutating func codeUnit(_ bytes: Span<UInt8>, escapeAt start: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count else {
                throw JSONError(.unexpectedEnd, at: bytes.count, "the text ends inside a string")
            }
            guard let digit = hexDigit(bytes[position]) else {
                throw JSONError(.invalidEscape, at: start, "\\u needs four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}

extension JSONStringRange {
    /// The text; `bytes` must be those it was scanned from.
    package func text(in bytes: Span<UInt8>) -> String {
        guard hasEscapes else {
            return bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
        var text: [UInt8] = []
        append(from: bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the text as UTF-8 with its escapes replaced; `bytes` must be those it was scanned from.
    package func append(from bytes: Span<UInt8>, to output: inout [UInt8]) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                output.append(byte)
                index += 1
                continue
            }
            guard index + 1 < range.upperBound else { return }
            let kind = bytes[index + 1]
            index += 2
            switch kind {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                var unit = Self.codeUnit(bytes, at: index)
                index += 4
                if unit & 0xFC00 == 0xD800 {
                    unit = 0x10000 + (unit & 0x3FF) << 10 + (Self.codeUnit(bytes, at: index + 2) & 0x3FF)
                    index += 6
                }
                let scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: output.append(kind)
            }
        }
    }

    private static func codeUnit(_ bytes: Span<UInt8>, at start: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in start..<start + 4 where index < bytes.count {
            unit = unit << 4 | UInt32(hexDigit(bytes[index]) ?? 0)
        }
        return unit
    }
}

@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
