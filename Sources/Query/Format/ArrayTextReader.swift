/// Reads Postgres' array text, `[0:1]={{1,NULL},{"a b",c}}`, item by item (manual, 8.15.6).
struct ArrayTextReader {
    enum Item: Equatable {
        case open, close, null, malformed
        /// Where an element's text is.
        case plain(Range<Int>)
        /// Where an element's text is between its quotes, backslashes still in it.
        case quoted(Range<Int>)
    }

    private enum Expected { case opening, elementOrClose, element, commaOrClose, end, nothing }

    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0
    private var expected = Expected.opening

    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
        // Lower bounds other than 1 are told before the array.
        if text.first == UInt8(ascii: "["), let equals = text.firstIndex(of: UInt8(ascii: "=")) {
            position = equals + 1
        }
    }

    /// The next item; `nil` once after the end. After `malformed` there is nothing.
    mutating func next() -> Item? {
        while true {
            guard position < text.count else {
                defer { expected = .nothing }
                return expected == .end || expected == .nothing ? nil : .malformed
            }
            let byte = text[position]
            switch (expected, byte) {
            case (.opening, UInt8(ascii: "{")), (.element, UInt8(ascii: "{")), (.elementOrClose, UInt8(ascii: "{")):
                position += 1
                depth += 1
                expected = .elementOrClose
                return .open
            case (.elementOrClose, UInt8(ascii: "}")), (.commaOrClose, UInt8(ascii: "}")):
                position += 1
                depth -= 1
                expected = depth == 0 ? .end : .commaOrClose
                return .close
            case (.commaOrClose, UInt8(ascii: ",")):
                position += 1
                expected = .element
            case (.element, UInt8(ascii: "\"")), (.elementOrClose, UInt8(ascii: "\"")): return quoted()
            case (.element, _), (.elementOrClose, _): return plain()
            default: return fail()
            }
        }
    }

    private mutating func fail() -> Item {
        position = text.count
        expected = .nothing
        return .malformed
    }

    private mutating func quoted() -> Item {
        let start = position + 1
        var index = start
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < text.count else { return fail() }
        position = index + 1
        expected = .commaOrClose
        return .quoted(start..<index)
    }

    private mutating func plain() -> Item {
        let start = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: ","), UInt8(ascii: "}"):
                guard position > start else { return fail() }
                expected = .commaOrClose
                let isNull = position - start == 4 && text[start..<position].elementsEqual("NULL".utf8)
                return isNull ? .null : .plain(start..<position)
            case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "\\"): return fail()
            default: position += 1
            }
        }
        return fail()
    }

    /// Appends a quoted element's text with its backslashes taken out.
    static func append(unquoted text: Slice<UnsafeRawBufferPointer>, to output: inout [UInt8]) {
        var isEscaped = false
        for byte in text {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                output.append(byte)
                isEscaped = false
            }
        }
    }
}
