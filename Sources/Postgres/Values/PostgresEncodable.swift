/// A value that can be bound to a placeholder, in Postgres's text format.
///
/// Numbers and booleans name their type. Text does not (object id 0): like a quoted literal, it takes the type its
/// place asks for, so a `String` serves `text`, `uuid`, `timestamptz`, `numeric` and enums alike.
public protocol PostgresEncodable: Sendable {
    /// Object id of the type in `pg_type`; 0 leaves it to Postgres.
    static var postgresTypeOID: UInt32 { get }
    /// The value in text format; `nil` is `NULL`.
    var postgresText: String? { get }
}

extension String: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { 0 }
    public var postgresText: String? { self }
}

extension Substring: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { 0 }
    public var postgresText: String? { String(self) }
}

extension Int: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { PostgresType.int8 }
    public var postgresText: String? { String(self) }
}

extension Int64: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { PostgresType.int8 }
    public var postgresText: String? { String(self) }
}

extension Int32: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { PostgresType.int4 }
    public var postgresText: String? { String(self) }
}

extension Double: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { PostgresType.float8 }
    /// Shortest text that reads back to the same value; infinities as Postgres spells them.
    public var postgresText: String? {
        if isNaN { return "NaN" }
        return isInfinite ? (self < 0 ? "-Infinity" : "Infinity") : description
    }
}

extension Bool: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { PostgresType.bool }
    public var postgresText: String? { self ? "t" : "f" }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { Wrapped.postgresTypeOID }
    public var postgresText: String? { self?.postgresText }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresTypeOID: UInt32 { Element.postgresArrayTypeOID }
    public var postgresText: String? { ArrayText.encode(map(\.postgresText)) }
}

extension RawRepresentable where RawValue: PostgresEncodable {
    public static var postgresTypeOID: UInt32 { RawValue.postgresTypeOID }
    public var postgresText: String? { rawValue.postgresText }
}

/// What an array parameter may hold.
public protocol PostgresArrayElement: PostgresEncodable {
    /// Object id of the array type; 0 leaves it to Postgres.
    static var postgresArrayTypeOID: UInt32 { get }
}

extension String: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { 0 }
}

extension Int: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { PostgresType.int8Array }
}

extension Int64: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { PostgresType.int8Array }
}

extension Int32: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { PostgresType.int4Array }
}

extension Double: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { PostgresType.float8Array }
}

extension Bool: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { PostgresType.boolArray }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
    public static var postgresArrayTypeOID: UInt32 { Wrapped.postgresArrayTypeOID }
}
