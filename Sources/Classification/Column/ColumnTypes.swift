/// What columns of Postgres's types can hold.
enum ColumnTypes {
    /// What every column of the type holds; `nil`: its values decide.
    static func certain(_ type: String?) -> Entity? {
        switch type {
        case "inet", "cidr": .ipAddress
        case "macaddr", "macaddr8": .macAddress
        default: nil
        }
    }

    /// - Parameter type: As `format_type()` spells it; `nil`: not known.
    static func entities(of type: String?) -> Set<Entity> {
        guard let type else { return Set(Entity.allCases) }
        let base = type.prefix { $0 != "(" && $0 != "[" }
        return switch base {
        case "boolean", "uuid", "bytea", "interval", "time without time zone", "time with time zone": []
        case "date", "timestamp without time zone", "timestamp with time zone": [.birthDate]
        case "inet", "cidr": [.ipAddress]
        case "macaddr", "macaddr8": [.macAddress]
        case "point": [.coordinates]
        case "smallint", "integer", "bigint", "numeric", "real", "double precision":
            [.phone, .card, .nationalID, .coordinates, .birthDate]
        default: Set(Entity.allCases)
        }
    }
}
