/// A value that can be read from a cell in Postgres's text format.
public protocol PostgresDecodable: Sendable {
    /// Reads the text of a cell that is not `NULL`; `nil` if it is none of this type. Keeps no pointer to it.
    init?(postgresText: UnsafeRawBufferPointer)
    /// What `NULL` reads as; `nil` where it is an error.
    static var postgresNull: Self? { get }
}

extension PostgresDecodable {
    public static var postgresNull: Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static var postgresNull: Wrapped?? { .some(.none) }

    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let value = Wrapped(postgresText: postgresText) else { return nil }
        self = .some(value)
    }
}

extension String: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        self.init(validating: postgresText, as: UTF8.self)
    }
}

extension Int64: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let value: Int64 = parseInteger(postgresText) else { return nil }
        self = value
    }
}

extension Int: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let value: Int = parseInteger(postgresText) else { return nil }
        self = value
    }
}

extension Int32: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let value: Int32 = parseInteger(postgresText) else { return nil }
        self = value
    }
}

extension UInt32: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let value: UInt32 = parseInteger(postgresText) else { return nil }
        self = value
    }
}

extension Double: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        self.init(String(decoding: postgresText, as: UTF8.self))
    }
}

extension Bool: PostgresDecodable {
    public init?(postgresText: UnsafeRawBufferPointer) {
        guard postgresText.count == 1 else { return nil }
        switch postgresText[0] {
        case UInt8(ascii: "t"): self = true
        case UInt8(ascii: "f"): self = false
        default: return nil
        }
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// One-dimensional arrays only; elements may be optional.
    public init?(postgresText: UnsafeRawBufferPointer) {
        guard let elements = ArrayText.decode(postgresText) else { return nil }
        self = []
        reserveCapacity(elements.count)
        for element in elements {
            guard let element else {
                guard let null = Element.postgresNull else { return nil }
                append(null)
                continue
            }
            guard let value = element.withUnsafeBytes({ Element(postgresText: $0) }) else { return nil }
            append(value)
        }
    }
}

/// Optional sign and decimal digits, nothing else; `nil` outside the range of `T`.
private func parseInteger<T: FixedWidthInteger>(_ text: UnsafeRawBufferPointer) -> T? {
    let negative = text.first == UInt8(ascii: "-")
    guard text.count > (negative ? 1 : 0) else { return nil }
    var value: T = 0
    for byte in text.dropFirst(negative ? 1 : 0) {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let digit = T(byte - UInt8(ascii: "0"))
        let (sum, carry) =
            negative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        if overflow || carry { return nil }
        value = sum
    }
    return value
}
