internal import Catalog
internal import JSON

/// Reads one filter parameter: `eq.1`, `not.in.(1,2,"a,b")`, or for `or` a list `(a.eq.1,not.and(b.gt.2,c.is.null))`.
///
/// In a list a value that contains `,`, `(`, `)` or begins with `"` is quoted: `"a \"b\" c"`, with `\` before `"` and `\`.
struct RowsFilterParser {
    private let parameter: String
    private let source: RowsSource
    private var rest: Substring.UnicodeScalarView
    /// Conditions read so far, over all parameters.
    private(set) var conditions: Int

    /// Lists inside lists.
    private static let maxDepth = 8

    init(parameter: String, value: String, source: RowsSource, conditions: Int) {
        self.parameter = parameter
        self.source = source
        self.conditions = conditions
        rest = Substring(value).unicodeScalars
    }

    /// The whole value as a condition on `column`; a plain value runs to the end, whatever is in it.
    mutating func condition(on column: RowsSource.Column) throws(RowsError) -> RowsFilter {
        let filter = try condition(on: column, isInList: false)
        guard rest.isEmpty else { throw failure("there is something after the closing parenthesis") }
        return filter
    }

    /// The whole value as `(…,…)`, of which one must hold.
    mutating func alternatives() throws(RowsError) -> RowsFilter {
        let parts = try list(depth: 1)
        guard rest.isEmpty else { throw failure("there is something after the closing parenthesis") }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func list(depth: Int) throws(RowsError) -> [RowsFilter] {
        guard depth <= Self.maxDepth else { throw failure("lists are nested more than \(Self.maxDepth) deep") }
        guard take("(") else { throw failure("a list is written (a.eq.1,b.gt.2)") }
        var parts: [RowsFilter] = []
        repeat { parts.append(try element(depth: depth)) } while take(",")
        guard take(")") else { throw failure("a list is not closed") }
        return parts
    }

    private mutating func element(depth: Int) throws(RowsError) -> RowsFilter {
        for (prefix, isNegated) in [("and(", false), ("or(", false), ("not.and(", true), ("not.or(", true)] {
            guard take(prefix, keepingLast: true) else { continue }
            let parts = try list(depth: depth + 1)
            let group: RowsFilter = prefix.hasSuffix("and(") ? .all(parts) : .any(parts)
            return isNegated ? .not(group) : group
        }
        let name = String(Substring(rest.prefix { $0 != "." && $0 != "," && $0 != "(" && $0 != ")" }))
        guard let column = source.column(named: name) else {
            let closest = ClosestName.of(name, among: source.columns.map(\.name))
            throw failure("there is no column \"\(name)\"" + (closest.map { "; did you mean \($0)?" } ?? ""))
        }
        rest.removeFirst(name.unicodeScalars.count)
        guard take(".") else { throw failure("a condition is written \(name).operator.value") }
        return try condition(on: column, isInList: true)
    }

    private mutating func condition(on column: RowsSource.Column, isInList: Bool) throws(RowsError) -> RowsFilter {
        conditions += 1
        guard conditions <= RowsRequest.maxConditions else {
            throw failure("there are more than \(RowsRequest.maxConditions) conditions")
        }
        let isNegated = take("not.")
        let name = Substring(rest.prefix { $0 != "." && $0 != "," && $0 != ")" })
        rest.removeFirst(name.unicodeScalars.count)
        guard take(".") else { throw failure("a filter is written operator.value, such as eq.1") }
        let filter: RowsFilter
        switch name {
        case "is": filter = try test(column, value(isInList: isInList))
        case "in": filter = try membership(column)
        default:
            guard let comparison = RowsFilter.Comparison(parameterName: name) else {
                throw failure("the operators are eq neq gt gte lt lte in like ilike is, perhaps after not.")
            }
            filter = try compare(column, comparison, value(isInList: isInList))
        }
        return isNegated ? .not(filter) : filter
    }

    private func test(_ column: RowsSource.Column, _ value: String) throws(RowsError) -> RowsFilter {
        switch value {
        case "null": return .isNull(column)
        case "true", "false":
            guard column.type.category == .boolean else {
                throw failure("is.\(value) needs a boolean: \(column.name) is \(column.type)")
            }
            return .isBoolean(column, value == "true")
        default: throw failure("is takes null, true or false")
        }
    }

    private mutating func membership(_ column: RowsSource.Column) throws(RowsError) -> RowsFilter {
        guard take("(") else { throw failure("a list of values is written in.(1,2,\"a,b\")") }
        var values: [String] = []
        if !take(")") {
            repeat {
                let text = try value(isInList: true)
                values.append(try check(text, of: column))
            } while take(",")
            guard take(")") else { throw failure("a list of values is not closed") }
        }
        return .isIn(column, values)
    }

    private func compare(
        _ column: RowsSource.Column, _ comparison: RowsFilter.Comparison, _ value: String
    ) throws(RowsError) -> RowsFilter {
        if comparison.isPattern {
            guard column.type.category == .text else {
                throw failure("like and ilike need a text: \(column.name) is \(column.type)")
            }
            guard value.utf8.reversed().prefix(while: { $0 == UInt8(ascii: "\\") }).count.isMultiple(of: 2) else {
                throw failure("the pattern ends in a backslash that escapes nothing")
            }
        }
        return .comparison(column, comparison, try check(value, of: column))
    }

    private func check(_ text: String, of column: RowsSource.Column) throws(RowsError) -> String {
        if let problem = column.type.problem(withFilterLiteral: text) {
            throw failure("\"\(text.prefix(100))\" does not compare with \(column.name) (\(column.type)): \(problem)")
        }
        return text
    }

    /// A value: to the end outside lists; inside, quoted or up to `,` or `)`.
    private mutating func value(isInList: Bool) throws(RowsError) -> String {
        guard isInList else {
            defer { rest = rest[rest.endIndex...] }
            return String(Substring(rest))
        }
        guard take("\"") else {
            let plain = rest.prefix { $0 != "," && $0 != ")" && $0 != "(" }
            rest = rest[plain.endIndex...]
            return String(Substring(plain))
        }
        var text = ""
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return text
            case "\\":
                guard let escaped = rest.popFirst() else { throw failure("a quoted value is not closed") }
                text.unicodeScalars.append(escaped)
            default: text.unicodeScalars.append(scalar)
            }
        }
        throw failure("a quoted value is not closed")
    }

    private mutating func take(_ text: String, keepingLast: Bool = false) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count - (keepingLast ? 1 : 0))
        return true
    }

    private func failure(_ message: String) -> RowsError { RowsError(parameter: parameter, message) }
}
