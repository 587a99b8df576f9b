/// A column of a result as the formats need to know it.
public struct FormatColumn: Hashable, Sendable {
    public var name: String
    /// The type as clients see it: the spelling of `format_type()`.
    public var typeName: String
    let type: WireType

    /// - Parameters:
    ///   - typeOID: As Postgres describes the column (`PQftype`).
    ///   - typeModifier: Its modifier (`PQfmod`), -1 for none.
    ///   - typeName: The spelling, when the caller knows better than the list of built-in types.
    public init(name: String, typeOID: UInt32, typeModifier: Int32 = -1, typeName: String? = nil) {
        self.name = name
        self.typeName = typeName ?? BuiltInType.spelling(oid: typeOID, modifier: typeModifier)
        type = WireType(oid: typeOID)
    }
}
