extension JSONValue {
    /// The document as UTF-8 without white space; the same value in the same order gives the same bytes.
    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        encode(into: &output)
        return output
    }

    /// `encoded()` as text.
    public var text: String { String(decoding: encoded(), as: UTF8.self) }

    /// Appends the document to `output`.
    public func encode(into output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: value ? "true".utf8 : "false".utf8)
        case .number(let text): output.append(contentsOf: text.utf8)
        case .string(let text): JSONText.append(quoted: text, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            var isFirst = true
            for value in values {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                value.encode(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            var isFirst = true
            for (key, value) in object {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                JSONText.append(quoted: key, to: &output)
                output.append(UInt8(ascii: ":"))
                value.encode(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}

/// Writing JSON strings straight to bytes.
public enum JSONText {
    /// Appends `text` in quotes, escaping what RFC 8259 §7 requires and no more.
    public static func append(quoted text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { append(quoted: $0.span, to: &output) }
    }

    /// Appends `text`, which is UTF-8, in quotes. Other bytes from 0x80 pass as they are.
    public static func append(quoted text: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        text.withUnsafeBufferPointer { text in
            var start = 0
            for index in text.indices {
                let byte = text[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                output.append(contentsOf: text[start..<index])
                start = index + 1
                append(escaped: byte, to: &output)
            }
            output.append(contentsOf: text[start...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func append(escaped byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        default:
            output.append(contentsOf: "u00".utf8)
            output.append(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 0xF
            output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
