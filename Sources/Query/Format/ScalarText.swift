/// The texts that JSON and CSV share. A function that cannot read its input appends nothing and answers `false`.
enum ScalarText {
    /// Whether `text` is a JSON number (RFC 8259 §6); `NaN` and the infinities are none.
    static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = text.first == UInt8(ascii: "-") ? 1 : 0
        let integer = skipDigits(text, &index)
        guard integer > 0, integer == 1 || text[index - integer] != UInt8(ascii: "0") else { return false }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard skipDigits(text, &index) > 0 else { return false }
        }
        if index < text.count, text[index] == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") { index += 1 }
            guard skipDigits(text, &index) > 0 else { return false }
        }
        return index == text.count
    }

    private static func skipDigits(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int {
        let start = index
        while index < text.count, isDigit(text[index]) { index += 1 }
        return index - start
    }

    /// `t` and `f` in words.
    static func appendBoolean(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard text.count == 1 else { return false }
        switch text[0] {
        case UInt8(ascii: "t"): output.append(contentsOf: "true".utf8)
        case UInt8(ascii: "f"): output.append(contentsOf: "false".utf8)
        default: return false
        }
        return true
    }

    /// `2026-11-21 02:00:00.5+00` as RFC 3339: `2026-11-21T02:00:00.5Z`, without time zone without the `Z`.
    ///
    /// Refuses what RFC 3339 cannot say: `infinity`, years before 1 (`… BC`).
    static func appendTimestamp(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        // A date is at least ten characters, a time eight.
        guard text.count >= 19 else { return false }
        if appendUsualTimestamp(text, to: &output) { return true }
        var space = 0
        while space < text.count, text[space] != UInt8(ascii: " ") { space += 1 }
        guard space >= 10, space < text.count else { return false }
        for index in text.indices where index != space {
            switch text[index] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "+"): break
            default: return false
            }
        }
        output.append(contentsOf: text[..<space])
        output.append(UInt8(ascii: "T"))
        let time = text[(space + 1)...]
        guard let sign = time.firstIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) else {
            output.append(contentsOf: time)
            return true
        }
        output.append(contentsOf: time[..<sign])
        let offset = time[sign...]
        if offset.elementsEqual("+00".utf8) {
            output.append(UInt8(ascii: "Z"))
        } else {
            output.append(contentsOf: offset)
            if offset.count == 3 { output.append(contentsOf: ":00".utf8) }
        }
        return true
    }

    /// One of a year of four digits, in UTC or without time zone, as nearly all are: in a few steps.
    private static func appendUsualTimestamp(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[10] == UInt8(ascii: " "),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":")
        else { return false }
        // `-./`, digits and `:;<`: nothing that would have to be quoted.
        var others: UInt8 = 0
        for index in 0..<10 { others |= (text[index] &- UInt8(ascii: "-")) & 0xF0 }
        for index in 11..<19 { others |= (text[index] &- UInt8(ascii: "-")) & 0xF0 }
        guard others == 0 else { return false }
        var end = 19
        while end < text.count, isDigit(text[end]) || text[end] == UInt8(ascii: ".") { end += 1 }
        let isUTC =
            end + 3 == text.count && text[end] == UInt8(ascii: "+") && text[end + 1] == UInt8(ascii: "0")
            && text[end + 2] == UInt8(ascii: "0")
        guard isUTC || end == text.count else { return false }
        let start = output.count
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[..<end]))
        output[start + 10] = UInt8(ascii: "T")
        if isUTC { output.append(UInt8(ascii: "Z")) }
        return true
    }

    /// `\x…` as base64 (RFC 4648 §4, padded).
    static func appendBase64(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
            return false
        }
        for index in 2..<text.count where hexValue(text[index]) == nil { return false }
        var index = 2
        func byte(at index: Int) -> UInt32 {
            UInt32(hexValue(text[index]) ?? 0) << 4 | UInt32(hexValue(text[index + 1]) ?? 0)
        }
        while index + 6 <= text.count {
            let group = byte(at: index) << 16 | byte(at: index + 2) << 8 | byte(at: index + 4)
            output.append(base64Digit(group >> 18))
            output.append(base64Digit(group >> 12))
            output.append(base64Digit(group >> 6))
            output.append(base64Digit(group))
            index += 6
        }
        switch text.count - index {
        case 2:
            let group = byte(at: index) << 4
            output.append(base64Digit(group >> 6))
            output.append(base64Digit(group))
            output.append(contentsOf: "==".utf8)
        case 4:
            let group = byte(at: index) << 10 | byte(at: index + 2) << 2
            output.append(base64Digit(group >> 12))
            output.append(base64Digit(group >> 6))
            output.append(base64Digit(group))
            output.append(UInt8(ascii: "="))
        default: break
        }
        return true
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func base64Digit(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 63)
        return switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + (value - 26)
        case 52..<62: UInt8(ascii: "0") + (value - 52)
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
