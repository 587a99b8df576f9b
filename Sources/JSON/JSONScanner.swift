/// Reads the lexical parts of a JSON text (RFC 8259) one after the other from bytes that the caller lends.
///
/// The scanner holds only a position; `bytes` must be the same at each call. Nothing is allocated on the way,
/// which is what lets a row load read fields without making strings. Errors carry the offset alone; see
/// `JSONError.located(in:)`.
package struct JSONScanner: Sendable {
    package var position: Int
    /// Containers that may enclose a value. Reading recurses once per level.
    package let maxDepth: Int

    package init(position: Int = 0, maxDepth: Int = JSONLimits.standard.maxDepth) {
        self.position = position
        self.maxDepth = maxDepth
    }

    /// The next byte that is no white space, without consuming it; `nil` at the end.
    package mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            if byte > 0x20 || !isJSONWhitespace(byte) { return byte }
            position += 1
        }
        return nil
    }

    /// Consumes `{` or `[`, already seen, and says whether the container has elements.
    package mutating func open(_ bytes: Span<UInt8>, until close: UInt8) -> Bool {
        position += 1
        guard peek(bytes) == close else { return true }
        position += 1
        return false
    }

    /// Consumes what follows an element: a comma (`true`, another element comes) or `close` (`false`).
    package mutating func hasNext(_ bytes: Span<UInt8>, until close: UInt8) throws(JSONError) -> Bool {
        switch peek(bytes) {
        case UInt8(ascii: ",")?:
            position += 1
            return true
        case close?:
            position += 1
            return false
        default: throw unexpected(bytes, close == UInt8(ascii: "}") ? "',' or '}'" : "',' or ']'")
        }
    }

    /// Consumes a member's key and its colon.
    package mutating func key(_ bytes: Span<UInt8>) throws(JSONError) -> JSONStringRange {
        guard peek(bytes) == UInt8(ascii: "\"") else { throw unexpected(bytes, "a key in quotes") }
        let key = try string(bytes)
        guard peek(bytes) == UInt8(ascii: ":") else { throw unexpected(bytes, "':'") }
        position += 1
        return key
    }

    /// Consumes `true`, `false` or `null`, whichever `literal` is.
    package mutating func literal(_ bytes: Span<UInt8>, _ literal: StaticString) throws(JSONError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == literal.utf8Start[index] else {
                throw unexpected(bytes, "a JSON value")
            }
            position += 1
        }
    }

    /// Consumes a number and returns where its text is.
    package mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
            if position < bytes.count, isDigit(bytes[position]) {
                throw JSONError(.invalidNumber, at: position, "a number must not begin with 0")
            }
        } else {
            try digits(bytes)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits(bytes)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits(bytes)
        }
        return start..<position
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
        guard position > start else {
            if position == bytes.count { throw unexpected(bytes, "a digit") }
            throw JSONError(.invalidNumber, at: position, "a number needs a digit here")
        }
    }

    /// The failure of not finding `expected` at the position.
    package func unexpected(_ bytes: Span<UInt8>, _ expected: String) -> JSONError {
        position < bytes.count
            ? JSONError(.unexpectedByte, at: position, "expected \(expected)")
            : JSONError(.unexpectedEnd, at: bytes.count, "the text ends where \(expected) should follow")
    }

    /// Refuses anything but white space from here on.
    package mutating func expectEnd(_ bytes: Span<UInt8>) throws(JSONError) {
        guard peek(bytes) == nil else {
            throw JSONError(.trailingBytes, at: position, "nothing may follow the JSON value")
        }
    }
}

@inline(__always)
func isJSONWhitespace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
