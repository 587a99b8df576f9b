/// Postgres's text form of a one-dimensional array: `{1,NULL,"with \"quotes\""}`.
enum ArrayText {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let comma = UInt8(ascii: ",")
    private static let close = UInt8(ascii: "}")

    /// Every element is quoted, so none can be taken for `NULL` or punctuation.
    static func encode(_ elements: [String?]) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(comma) }
            guard let element else {
                bytes += "NULL".utf8
                continue
            }
            bytes.append(quote)
            for byte in element.utf8 {
                if byte == quote || byte == backslash { bytes.append(backslash) }
                bytes.append(byte)
            }
            bytes.append(quote)
        }
        bytes.append(close)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `nil` for text that is no one-dimensional array; explicit bounds (`[2:3]={…}`) are refused.
    static func decode(_ text: UnsafeRawBufferPointer) -> [[UInt8]?]? {
        guard text.count >= 2, text[0] == UInt8(ascii: "{"), text[text.count - 1] == close else { return nil }
        if text.count == 2 { return [] }
        var elements: [[UInt8]?] = []
        var index = 1
        while true {
            guard let element = element(in: text, at: &index) else { return nil }
            elements.append(element.isNull ? nil : element.bytes)
            if text[index] == close { return index == text.count - 1 ? elements : nil }
            index += 1
        }
    }

    /// One element and the `,` or `}` after it, at which `index` stands on return.
    private static func element(
        in text: UnsafeRawBufferPointer, at index: inout Int
    ) -> (bytes: [UInt8], isNull: Bool)? {
        var bytes: [UInt8] = []
        let quoted = text[index] == quote
        if quoted { index += 1 }
        while index < text.count {
            switch text[index] {
            case backslash where index + 1 < text.count:
                bytes.append(text[index + 1])
                index += 2
            case quote where quoted:
                index += 1
                guard index < text.count, text[index] == comma || text[index] == close else { return nil }
                return (bytes, false)
            case comma where !quoted, close where !quoted:
                return bytes.isEmpty ? nil : (bytes, bytes == Array("NULL".utf8))
            case UInt8(ascii: "{") where !quoted, quote:
                return nil
            default:
                bytes.append(text[index])
                index += 1
            }
        }
        return nil
    }
}
