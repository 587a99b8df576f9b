/// What the server says about one column of a result.
public struct Column: Sendable, Hashable {
    public var name: String
    /// Object id of its type in `pg_type`.
    public var typeOID: UInt32
    /// Type modifier, such as the length of `varchar(n)` plus 4; -1 for none.
    public var typeModifier: Int32

    public init(name: String, typeOID: UInt32, typeModifier: Int32) {
        self.name = name
        self.typeOID = typeOID
        self.typeModifier = typeModifier
    }
}
