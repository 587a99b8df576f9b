import Access

/// A dataset with a column of each kind that filters treat differently, and names that invite mistakes.
enum FilterFixture {
    static let columns: [FilterColumn] = [
        ("region", "text"), ("code", "character varying(8)"), ("padded", "character(3)"), ("id", "bigint"),
        ("small", "smallint"), ("amount", "numeric(10,2)"), ("ratio", "real"), ("score", "double precision"),
        ("active", "boolean"), ("key", "uuid"), ("raw", "bytea"), ("day", "date"), ("opens", "time without time zone"),
        ("seen", "timestamp(3) without time zone"), ("at", "timestamp with time zone"), ("meta", "jsonb"),
        ("tags", "text[]"), ("user", "text"), ("select", "text"), ("limit", "integer"), ("Mixed", "text"),
        ("od\"d", "text"), ("é", "text"), ("row", "text"), ("year", "integer"),
        (String(repeating: "n", count: 63), "text"),
    ].map { FilterColumn(name: $0.0, type: FilterType(spelling: $0.1)) }

    static func parse(_ text: String) throws(FilterError) -> FilterExpression {
        try FilterExpression(parsing: text, columns: columns)
    }
}
