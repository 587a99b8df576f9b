/// Finds where elements begin and end, byte by byte, remembering across chunks what it is in.
struct JSONElementFramer: Sendable {
    private enum Place {
        case beforeArray, beforeFirst, beforeNext, afterElement, afterArray
        case scalar
        /// In a container of this many open brackets, or (0) in a string.
        case container(depth: Int)
    }

    private var mark = ByteOrderMark()
    private var place = Place.beforeArray
    /// Inside a string of a container.
    private var isInText = false
    private var isEscaped = false
    /// The line of the byte that comes next, from 1, and the offset of its first byte in the stream.
    private(set) var line = 1
    private(set) var lineStart = 0

    /// Whether the stream may end here.
    var mayEnd: Bool { if case .afterArray = place { true } else { false } }

    /// Consumes what lies before the next element; `false` when the chunk ends first.
    mutating func skipToElement(
        _ chunk: Span<UInt8>, _ position: inout Int, chunkOffset: Int, count: Int
    ) throws(JSONError) -> Bool {
        if !mark.isPast {
            do { try mark.skip(chunk, &position) } catch {
                let offset = chunkOffset + position
                throw failure(.invalidUTF8, at: offset, count: 0, "not UTF-8; encode the text as UTF-8")
            }
        }
        while position < chunk.count {
            let byte = chunk[position]
            if isJSONWhitespace(byte) {
                position += 1
                if byte == UInt8(ascii: "\n") { breakLine(at: chunkOffset + position) }
                continue
            }
            switch (place, byte) {
            case (.beforeArray, UInt8(ascii: "[")): place = .beforeFirst
            case (.beforeFirst, UInt8(ascii: "]")), (.afterElement, UInt8(ascii: "]")): place = .afterArray
            case (.afterElement, UInt8(ascii: ",")): place = .beforeNext
            case (.beforeFirst, _), (.beforeNext, _):
                begin(byte)
                return true
            default: throw unexpected(at: chunkOffset + position, count: count)
            }
            position += 1
        }
        return false
    }

    /// Consumes the rest of the element and returns where it ends; `nil` when the chunk ends first.
    mutating func skipElement(_ chunk: Span<UInt8>, _ position: inout Int, chunkOffset: Int) -> Int? {
        switch place {
        case .container(var depth):
            while position < chunk.count {
                if isInText {
                    isInText = !skipText(chunk, &position)
                    if !isInText, depth == 0 { return finish(position) }
                    continue
                }
                let byte = chunk[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\""): isInText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { return finish(position) }
                case UInt8(ascii: "\n"): breakLine(at: chunkOffset + position)
                default: break
                }
            }
            place = .container(depth: depth)
            return nil
        default:
            while position < chunk.count {
                let byte = chunk[position]
                if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || isJSONWhitespace(byte) {
                    return finish(position)
                }
                position += 1
            }
            return nil
        }
    }

    /// Consumes a string up to and with its closing quote; `false` when the chunk ends first.
    private mutating func skipText(_ chunk: Span<UInt8>, _ position: inout Int) -> Bool {
        while position < chunk.count {
            let byte = chunk[position]
            position += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                return true
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            }
        }
        return false
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""): place = .container(depth: 0)
        default: place = .scalar
        }
    }

    private mutating func finish(_ end: Int) -> Int {
        place = .afterElement
        return end
    }

    private mutating func breakLine(at offset: Int) {
        line += 1
        lineStart = offset
    }

    private func unexpected(at offset: Int, count: Int) -> JSONError {
        switch place {
        case .beforeArray: failure(.unexpectedByte, at: offset, count: count, "expected '[', an array of rows")
        case .afterArray: failure(.trailingBytes, at: offset, count: count, "nothing may follow the array")
        default: failure(.unexpectedByte, at: offset, count: count, "expected ',' or ']'")
        }
    }

    /// A failure between elements.
    func failure(_ code: JSONError.Code, at offset: Int, count: Int, _ detail: String) -> JSONError {
        var error = JSONError(code, at: offset, detail)
        error.line = line
        error.column = offset - lineStart + 1
        if count > 0 { error.pointer = "/\(count - 1)" }
        return error
    }
}
