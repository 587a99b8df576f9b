/// Why bytes are not an acceptable JSON document, and where.
public struct JSONError: Error, Hashable, Sendable {
    public enum Code: String, Sendable, CaseIterable {
        case unexpectedEnd, unexpectedByte, trailingBytes, invalidNumber, invalidEscape, loneSurrogate, nulCharacter
        case controlCharacter, invalidUTF8, duplicateKey, tooDeep, tooLarge
    }

    public var code: Code
    /// Bytes before the offending one.
    public var offset: Int
    /// Line of the offending byte, from 1; lines end with LF.
    public var line: Int
    /// Column in Unicode scalars, from 1.
    public var column: Int
    /// JSON pointer (RFC 6901) of the innermost value that was being read; empty for the document itself.
    public var pointer: String
    /// What is wrong, for people, without quoting a value.
    public var detail: String

    /// A failure at `offset` whose line, column and pointer `located(in:)` fills in: only a failure pays for them.
    init(_ code: Code, at offset: Int, _ detail: String) {
        self.code = code
        self.offset = offset
        self.detail = detail
        line = 1
        column = offset + 1
        pointer = ""
    }

    /// The same failure with line, column and pointer worked out from the document it happened in.
    package func located(in bytes: Span<UInt8>) -> JSONError {
        var error = self
        var locator = JSONLocator()
        locator.run(bytes, to: offset)
        error.line = locator.line
        error.column = locator.column
        error.pointer = locator.pointer(bytes, includingKeyAt: code == .duplicateKey ? offset : nil)
        return error
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        let place = pointer.isEmpty ? "" : " at \(pointer)"
        return "\(detail) (line \(line), column \(column), byte \(offset)\(place))"
    }
}
