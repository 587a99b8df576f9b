/// Finds line, column and JSON pointer of an offset in a document that is well-formed up to there.
///
/// Errors are rare, so the parser keeps no path: this second pass works it out when one has happened.
struct JSONLocator {
    private enum Frame {
        case array(index: Int)
        case object(key: JSONStringRange?, expectsKey: Bool)
    }

    private var frames: [Frame] = []
    private(set) var line = 1
    private(set) var column = 1

    /// Walks `bytes` up to `offset`; never reads beyond the end and copes with any bytes.
    mutating func run(_ bytes: Span<UInt8>, to offset: Int) {
        let end = min(max(offset, 0), bytes.count)
        var position = 0
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = string(bytes, from: position, end: end)
                continue
            case UInt8(ascii: "{"): frames.append(.object(key: nil, expectsKey: true))
            case UInt8(ascii: "["): frames.append(.array(index: 0))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = frames.popLast()
            case UInt8(ascii: ","): separate()
            case UInt8(ascii: ":"):
                if case .object(let key, _)? = frames.last {
                    frames[frames.count - 1] = .object(key: key, expectsKey: false)
                }
            default: break
            }
            advance(over: bytes[position])
            position += 1
        }
    }

    /// The pointer of the value at the end of the walk; with `keyOffset`, of the member whose key starts there.
    func pointer(_ bytes: Span<UInt8>, includingKeyAt keyOffset: Int? = nil) -> String {
        var pointer = ""
        for frame in frames {
            switch frame {
            case .array(let index): pointer += "/\(index)"
            case .object(let key?, false): pointer += "/" + JSONPointer.escaped(key.text(in: bytes))
            case .object: break
            }
        }
        if let keyOffset {
            var scanner = JSONScanner(position: keyOffset)
            if let key = try? scanner.string(bytes) { pointer += "/" + JSONPointer.escaped(key.text(in: bytes)) }
        }
        return pointer
    }

    private mutating func string(_ bytes: Span<UInt8>, from start: Int, end: Int) -> Int {
        var position = start + 1
        var hasEscapes = false
        while position < end, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                hasEscapes = true
                position += 1
            }
            position += 1
        }
        let stop = min(position, end)
        if stop < end, case .object(_, true)? = frames.last {
            let key = JSONStringRange(range: start + 1..<stop, hasEscapes: hasEscapes)
            frames[frames.count - 1] = .object(key: key, expectsKey: true)
        }
        let next = min(stop + 1, end)
        for index in start..<next { advance(over: bytes[index]) }
        return next
    }

    private mutating func separate() {
        switch frames.last {
        case .array(let index): frames[frames.count - 1] = .array(index: index + 1)
        case .object: frames[frames.count - 1] = .object(key: nil, expectsKey: true)
        case nil: break
        }
    }

    private mutating func advance(over byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
    }
}

/// JSON pointers (RFC 6901) as text.
public enum JSONPointer {
    /// `name` as one reference token: `~` and `/` escaped.
    public static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.reduce(into: "") { result, character in
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.append(character)
            }
        }
    }
}
