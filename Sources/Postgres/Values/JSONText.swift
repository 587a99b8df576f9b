/// JSON as Postgres prints or takes it; not parsed here.
public struct JSONText: Sendable, Hashable {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension JSONText: PostgresEncodable, PostgresDecodable {
    public static var postgresTypeOID: UInt32 { PostgresType.jsonb }
    public var postgresText: String? { text }

    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let text = String(postgresText: postgresText) else { return nil }
        self.init(text)
    }
}

/// Bytes of a `bytea`.
public struct ByteString: Sendable, Hashable {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

extension ByteString: PostgresEncodable, PostgresDecodable {
    public static var postgresTypeOID: UInt32 { PostgresType.bytea }

    /// The `hex` format: `\x` and two digits a byte.
    public var postgresText: String? {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 2 + bytes.count * 2) { buffer in
            buffer[0] = UInt8(ascii: "\\")
            buffer[1] = UInt8(ascii: "x")
            for (index, byte) in bytes.enumerated() {
                buffer[2 + index * 2] = digits[Int(byte >> 4)]
                buffer[3 + index * 2] = digits[Int(byte & 15)]
            }
            return 2 + bytes.count * 2
        }
    }

    public init?(postgresText: UnsafeRawBufferPointer) {
        guard postgresText.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "x")]), postgresText.count % 2 == 0 else {
            return nil
        }
        bytes = []
        bytes.reserveCapacity(postgresText.count / 2)
        for index in stride(from: 2, to: postgresText.count, by: 2) {
            guard let high = Self.value(of: postgresText[index]), let low = Self.value(of: postgresText[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
