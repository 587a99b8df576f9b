internal import Glibc

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

@inline(__always)
func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6 }

extension Span where Element == UInt8 {
    /// Whether the bytes are `word`, which is ASCII in lower case, in any case.
    func equalsIgnoringCase(_ word: StaticString) -> Bool {
        count == word.utf8CodeUnitCount && isPrefixIgnoringCase(of: word)
    }

    /// Whether the bytes are how `word`, which is ASCII in lower case, begins, in any case.
    func isPrefixIgnoringCase(of word: StaticString) -> Bool {
        guard count <= word.utf8CodeUnitCount else { return false }
        for index in indices {
            let byte = self[index]
            let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            guard lower == word.utf8Start[index] else { return false }
        }
        return true
    }

    func equals(_ bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for index in bytes.indices where self[index] != bytes[index] { return false }
        return true
    }

    func starts(with bytes: [UInt8]) -> Bool { count >= bytes.count && extracting(0..<bytes.count).equals(bytes) }

    /// The range without white space at its ends, as C's `isspace` sees it.
    var trimmedRange: Range<Int> {
        var start = 0
        var end = count
        while start < end, isSpace(self[start]) { start += 1 }
        while end > start, isSpace(self[end - 1]) { end -= 1 }
        return start..<end
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension Span where Element == UInt8 {
    /// Where `byte` is found first at or behind `start`.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        guard start < count else { return nil }
        return extracting(start..<count).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
            return start + UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
        }
    }
}
