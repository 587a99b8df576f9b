internal import JSON

extension RowsRequest {
    /// Reads decoded query parameters, in the order they came.
    public init(parsing items: [(name: String, value: String)], of source: RowsSource) throws(RowsError) {
        self.init(select: source.columns, filters: [], order: [], limit: .rows(Self.defaultLimit))
        var seen: Set<String> = []
        var conditions = 0
        for (name, value) in items {
            if Self.reserved.contains(name), name != "or", !seen.insert(name).inserted {
                throw RowsError(parameter: name, "is given more than once")
            }
            switch name {
            case "select": select = try Self.columns(value, of: source)
            case "order": order = try Self.order(value, of: source)
            case "limit": limit = try Self.limit(value)
            case "cursor": cursor = value
            case "format": format = value
            case "as_of": throw RowsError(parameter: name, "this dataset keeps no history to read as of a time")
            default:
                var parser = RowsFilterParser(parameter: name, value: value, source: source, conditions: conditions)
                filters.append(
                    name == "or" ? try parser.alternatives() : try parser.condition(on: Self.column(name, of: source)))
                conditions = parser.conditions
            }
        }
    }

    private static func column(_ parameter: String, of source: RowsSource) throws(RowsError) -> RowsSource.Column {
        let name = parameter.hasPrefix("col.") ? String(parameter.dropFirst(4)) : parameter
        if let column = source.column(named: name) { return column }
        let closest = ClosestName.of(name, among: source.columns.map(\.name) + reserved)
        throw RowsError(
            parameter: parameter,
            "is neither a column nor a parameter" + (closest.map { "; did you mean \($0)?" } ?? ""))
    }

    private static func column(
        _ name: Substring, in parameter: String, of source: RowsSource
    ) throws(RowsError) -> RowsSource.Column {
        if let column = source.column(named: String(name)) { return column }
        let closest = ClosestName.of(String(name), among: source.columns.map(\.name))
        throw RowsError(
            parameter: parameter, "there is no column \"\(name)\"" + (closest.map { "; did you mean \($0)?" } ?? ""))
    }

    private static func columns(_ value: String, of source: RowsSource) throws(RowsError) -> [RowsSource.Column] {
        if value == "*" { return source.columns }
        var columns: [RowsSource.Column] = []
        var seen: Set<String> = []
        for name in value.split(separator: ",", omittingEmptySubsequences: false) {
            let column = try column(name, in: "select", of: source)
            guard seen.insert(column.name).inserted else {
                throw RowsError(parameter: "select", "names \(column.name) more than once")
            }
            columns.append(column)
        }
        return columns
    }

    private static func order(_ value: String, of source: RowsSource) throws(RowsError) -> [OrderTerm] {
        var terms: [OrderTerm] = []
        for text in value.split(separator: ",", omittingEmptySubsequences: false) {
            var words = text.split(separator: ".", omittingEmptySubsequences: false)[...]
            let column = try column(words.popFirst() ?? "", in: "order", of: source)
            guard column.type.isOrderable else {
                throw RowsError(parameter: "order", "\(column.name) (\(column.type)) has no order")
            }
            guard !terms.contains(where: { $0.column == column }) else {
                throw RowsError(parameter: "order", "names \(column.name) more than once")
            }
            var isDescending = false
            if words.first == "asc" || words.first == "desc" { isDescending = words.removeFirst() == "desc" }
            var nulls: Nulls?
            if words.first == "nullsfirst" || words.first == "nullslast" {
                nulls = words.removeFirst() == "nullsfirst" ? .first : .last
            }
            guard words.isEmpty else {
                throw RowsError(
                    parameter: "order",
                    "a term is column, column.asc or column.desc, and perhaps .nullsfirst or .nullslast")
            }
            terms.append(OrderTerm(column, isDescending: isDescending, nulls: nulls))
        }
        return terms
    }

    private static func limit(_ value: String) throws(RowsError) -> Limit {
        if value == "all" { return .all }
        let isNumber = !value.isEmpty && value.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, let rows = Int(value), (1...maxLimit).contains(rows) else {
            throw RowsError(parameter: "limit", "is a number from 1 to \(maxLimit), or all")
        }
        return .rows(rows)
    }
}
