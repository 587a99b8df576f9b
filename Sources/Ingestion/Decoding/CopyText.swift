internal import JSON

/// Writing `COPY … FROM STDIN` in text format (manual, COPY, "Text Format"): fields end with a tab, rows with LF,
/// `\N` is NULL.
enum CopyText {
    /// What the bytes written are part of, which decides what has to be escaped.
    enum Layer { case field, arrayElement }

    static func appendNull(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        output.append(UInt8(ascii: "N"))
    }

    /// Appends text that has nothing to escape: digits, letters, dates.
    static func append(plain text: Span<UInt8>, to output: inout [UInt8]) {
        text.withUnsafeBufferPointer { output.append(contentsOf: $0) }
    }

    /// Appends any text after checking that Postgres can hold it, and returns its length in characters.
    @discardableResult
    static func append(
        checking text: Span<UInt8>, _ layer: Layer, to output: inout [UInt8]
    ) throws(FieldError) -> Int {
        var characters = text.count
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte >= 0x80 {
                let length = UTF8Sequence.length(in: text, at: index)
                guard length > 0 else {
                    throw FieldError(.notUTF8, "is not valid UTF-8; encode the text as UTF-8")
                }
                characters -= length - 1
                index += length
            } else if byte > UInt8(ascii: "\\") || byte >= 0x20 && byte < UInt8(ascii: "\\") && byte != 0x22 {
                index += 1
            } else {
                append(plain: text.extracting(start..<index), to: &output)
                try append(special: byte, layer, to: &output)
                index += 1
                start = index
            }
        }
        append(plain: text.extracting(start..<index), to: &output)
        return characters
    }

    private static func append(special byte: UInt8, _ layer: Layer, to output: inout [UInt8]) throws(FieldError) {
        switch byte {
        case 0: throw FieldError(.nulCharacter, "has a NUL character, which text cannot hold")
        case UInt8(ascii: "\t"): output.append(contentsOf: "\\t".utf8)
        case UInt8(ascii: "\n"): output.append(contentsOf: "\\n".utf8)
        case UInt8(ascii: "\r"): output.append(contentsOf: "\\r".utf8)
        // The array's own escape is a backslash, which COPY wants doubled.
        case UInt8(ascii: "\\"): output.append(contentsOf: layer == .field ? "\\\\".utf8 : "\\\\\\\\".utf8)
        case UInt8(ascii: "\""): output.append(contentsOf: layer == .field ? "\"".utf8 : "\\\\\"".utf8)
        default: output.append(byte)
        }
    }
}
