extension ReadingStatement {
    /// A place in FROM where a relation stands.
    struct Source: Sendable, Equatable {
        var relation: Relation
        var alias: String?
        /// Whether all its columns may be read: by a `*`, or under names that it gives them.
        var isWhole: Bool
    }

    /// The columns of `relation` that the statement may read: all that it does read, and perhaps more.
    ///
    /// A name without qualifier counts for each relation that has such a column. A `*` counts for all that stands in the FROM of
    /// its own SELECT, and so does a relation's name or alias that is used as a row, and `alias.f` where `f` is no column.
    ///
    /// - Parameter names: The relation's columns, in whose order the answer is; `nil` where they are not known: then the
    ///   answer has what is written, `*` for all.
    public func columns(of relation: Relation, among names: [String]?) -> [String] {
        let places = sources.filter { $0.relation == relation }
        let aliases = Set(places.map { $0.alias ?? relation.name })
        let isNamedPlainly = places.contains { $0.alias == nil }
        let mentioned = columns.filter { column in
            switch column.qualifiers.count {
            case 0: column.name != "*"
            case 1: aliases.contains(column.qualifiers[0])
            case 2: isNamedPlainly && column.qualifiers == [relation.schema, relation.name]
            default: true
            }
        }
        let isWhole =
            hidesColumns || places.contains(where: \.isWhole)
            || mentioned.contains { column in
                column.name == "*" || column.qualifiers.isEmpty && aliases.contains(column.name)
                    || !column.qualifiers.isEmpty && names?.contains(column.name) == false
            }
        guard let names else {
            var seen: Set<String> = []
            return isWhole ? ["*"] : mentioned.map(\.name).filter { seen.insert($0).inserted }
        }
        if isWhole { return names }
        let used = Set(mentioned.map(\.name))
        return names.filter(used.contains)
    }
}
