/// A column that a row filter may name.
public struct FilterColumn: Sendable, Hashable {
    public var name: String
    public var type: FilterType

    public init(name: String, type: FilterType) {
        self.name = name
        self.type = type
    }
}
