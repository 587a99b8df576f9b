extension JSONScanner {
    /// Consumes one value, checking it fully (syntax, depth, duplicate keys) but building nothing.
    ///
    /// - Parameter depth: Containers that enclose the value already.
    package mutating func skipValue(_ bytes: Span<UInt8>, depth: Int = 0) throws(JSONError) {
        switch peek(bytes) {
        case UInt8(ascii: "{")?: try skipObject(bytes, depth: depth + 1)
        case UInt8(ascii: "[")?:
            try checkDepth(depth + 1)
            let close = UInt8(ascii: "]")
            guard open(bytes, until: close) else { return }
            repeat { try skipValue(bytes, depth: depth + 1) } while try hasNext(bytes, until: close)
        case UInt8(ascii: "\"")?: _ = try string(bytes)
        case UInt8(ascii: "t")?: try literal(bytes, "true")
        case UInt8(ascii: "f")?: try literal(bytes, "false")
        case UInt8(ascii: "n")?: try literal(bytes, "null")
        case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?: _ = try number(bytes)
        default: throw unexpected(bytes, "a JSON value")
        }
    }

    private mutating func skipObject(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        try checkDepth(depth)
        let close = UInt8(ascii: "}")
        guard open(bytes, until: close) else { return }
        var keys = JSONKeySet()
        repeat {
            let key = try key(bytes)
            guard keys.insert(key, in: bytes) else { throw Self.duplicate(key) }
            try skipValue(bytes, depth: depth)
        } while try hasNext(bytes, until: close)
    }

    package func checkDepth(_ depth: Int) throws(JSONError) {
        if depth > maxDepth { throw JSONError(.tooDeep, at: position, "nested more than \(maxDepth) levels deep") }
    }

    package static func duplicate(_ key: JSONStringRange) -> JSONError {
        JSONError(.duplicateKey, at: key.range.lowerBound - 1, "the key occurs twice in its object")
    }
}

/// The keys seen in one object, as ranges of the document while they are few and plain.
struct JSONKeySet {
    private var ranges: [Range<Int>] = []
    private var texts: Set<[UInt8]> = []
    private var usesTexts = false
    private static let scanLimit = 8

    /// Returns `false` when an equal key (escapes replaced) is in the set.
    mutating func insert(_ key: JSONStringRange, in bytes: Span<UInt8>) -> Bool {
        if !usesTexts, key.hasEscapes || ranges.count == Self.scanLimit {
            usesTexts = true
            for range in ranges { texts.insert(Self.text(JSONStringRange(range: range, hasEscapes: false), bytes)) }
        }
        if usesTexts { return texts.insert(Self.text(key, bytes)).inserted }
        for range in ranges where range.count == key.range.count {
            var offset = 0
            while offset < range.count,
                bytes[range.lowerBound + offset] == bytes[key.range.lowerBound + offset]
            { offset += 1 }
            if offset == range.count { return false }
        }
        ranges.append(key.range)
        return true
    }

    private static func text(_ key: JSONStringRange, _ bytes: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(key.range.count)
        key.append(from: bytes, to: &text)
        return text
    }
}
