/// Writes fields of `COPY … FROM STDIN` in text format (manual, COPY, "Text Format"), each followed by a tab.
///
/// The last tab of a row is to be replaced by a line feed: `endRow`.
public enum CopyField {
    /// Appends a text, which must not have a NUL character; `nil` is NULL.
    public static func append(_ text: String?, to bytes: inout [UInt8]) {
        guard let text else {
            bytes += [UInt8(ascii: "\\"), UInt8(ascii: "N"), UInt8(ascii: "\t")]
            return
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += [byte, byte]
            case UInt8(ascii: "\t"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\r"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\t"))
    }

    /// Appends a number in decimal digits.
    public static func append(_ number: Int, to bytes: inout [UInt8]) {
        bytes += number.description.utf8
        bytes.append(UInt8(ascii: "\t"))
    }

    /// Appends a `bytea` in hexadecimal.
    public static func append(bytea value: [UInt8], to bytes: inout [UInt8]) {
        bytes += "\\\\x".utf8
        for byte in value {
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
        bytes.append(UInt8(ascii: "\t"))
    }

    /// Ends the row whose last field was just appended.
    public static func endRow(_ bytes: inout [UInt8]) {
        bytes[bytes.count - 1] = UInt8(ascii: "\n")
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
