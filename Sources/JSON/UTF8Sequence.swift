/// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Sequence {
    /// Bytes of the character that starts at `index`, 1 to 4; 0 when it is ill-formed or cut off by the end.
    package static func length(in bytes: Span<UInt8>, at index: Int) -> Int {
        let first = bytes[index]
        if first < 0x80 { return 1 }
        let left = bytes.count - index
        switch first {
        case 0xC2...0xDF:
            return left > 1 && isContinuation(bytes[index + 1]) ? 2 : 0
        case 0xE0...0xEF:
            guard left > 2, isContinuation(bytes[index + 2]) else { return 0 }
            let second = bytes[index + 1]
            switch first {
            case 0xE0: return 0xA0...0xBF ~= second ? 3 : 0
            case 0xED: return 0x80...0x9F ~= second ? 3 : 0
            default: return isContinuation(second) ? 3 : 0
            }
        case 0xF0...0xF4:
            guard left > 3, isContinuation(bytes[index + 2]), isContinuation(bytes[index + 3]) else { return 0 }
            let second = bytes[index + 1]
            switch first {
            case 0xF0: return 0x90...0xBF ~= second ? 4 : 0
            case 0xF4: return 0x80...0x8F ~= second ? 4 : 0
            default: return isContinuation(second) ? 4 : 0
            }
        default: return 0
        }
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
