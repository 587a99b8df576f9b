import TestSupport

/// A reading statement over datasets whose names are filled in later, once as governed views, once as plain tables.
struct RandomQuery: Sendable {
    /// `{0}` and `{1}` stand for the datasets.
    var text: String
    /// Whether the rows come in one order only, up to equal rows.
    var isOrdered = false
    /// The columns named, by dataset; `*` names all.
    var uses: [Int: Set<String>] = [:]

    func sql(_ names: [String]) -> String {
        names.enumerated().reduce(text) { text, name in
            text.split(separator: "{\(name.offset)}", omittingEmptySubsequences: false).joined(separator: name.element)
        }
    }
}

extension RandomQuery {
    /// A query over `datasets`, which `random` chooses.
    static func make(over datasets: [ReferenceWorld.Dataset], _ random: inout SeededGenerator) -> RandomQuery {
        let first = random.int(0...(datasets.count - 1))
        var builder = QueryBuilder(datasets: datasets, random: random)
        let query = builder.make(first)
        random = builder.random
        return query
    }
}

private struct QueryBuilder {
    var datasets: [ReferenceWorld.Dataset]
    var random: SeededGenerator
    var uses: [Int: Set<String>] = [:]

    mutating func make(_ index: Int) -> RandomQuery {
        var isOrdered = false
        let columns = datasets[index].columns
        let text: String
        switch random.int(0...14) {
        case 0: text = "SELECT \(star(index)) FROM {\(index)}"
        case 1: text = "SELECT \(some(index, "a")) FROM {\(index)} AS a WHERE \(condition(index, "a"))"
        case 2:
            let all = columns.map { use(index, $0.name, "a") }
            let order = all.map { "\($0) \(random.pick(["ASC", "DESC", "DESC NULLS LAST", "ASC NULLS FIRST"]))" }
            isOrdered = true
            text = """
                SELECT \(all.joined(separator: ", ")) FROM {\(index)} AS a ORDER BY \(order.joined(separator: ", ")) \
                LIMIT \(random.int(0...9)) OFFSET \(random.int(0...3))
                """
        case 3: text = grouped(index)
        case 4:
            let column = use(index, random.pick(columns).name, "a")
            text = "SELECT count(*), count(\(column)), count(DISTINCT \(column)) FROM {\(index)} AS a"
        case 5: text = joined(index)
        case 6: text = related(index)
        case 7:
            text = """
                WITH w AS \(random.pick(["", "MATERIALIZED", "NOT MATERIALIZED"])) (SELECT \(star(index)) FROM {\(index)}) \
                SELECT * FROM w UNION ALL SELECT * FROM w AS a WHERE \(condition(index, "a"))
                """
        case 8:
            text = """
                SELECT \(star(index)) FROM {\(index)} \(random.pick(["EXCEPT", "EXCEPT ALL", "INTERSECT", "UNION"])) \
                SELECT \(star(index)) FROM {\(index)} AS a WHERE \(condition(index, "a"))
                """
        case 9:
            let all = columns.map { use(index, $0.name, "a") }.joined(separator: ", ")
            text = "SELECT row_number() OVER (ORDER BY \(all)), \(all) FROM {\(index)} AS a"
        case 10: text = "SELECT DISTINCT \(some(index, "a")) FROM {\(index)} AS a"
        case 11:
            text = """
                SELECT \(some(index, "a")), n FROM (SELECT \(star(index)) FROM {\(index)} OFFSET 0) AS a, \
                LATERAL generate_series(1, \(random.int(0...2))) AS n
                """
        case 12:
            text =
                "SELECT \(random.pick(["a", "to_jsonb(a)", "row_to_json(a)"])) FROM (SELECT \(star(index)) FROM {\(index)}) AS a"
        case 13:
            let column = use(index, random.pick(columns).name, "a")
            text =
                "SELECT \(column), generate_series(1, 2), CASE WHEN \(condition(index, "a")) THEN 1 ELSE 0 END FROM {\(index)} AS a"
        default:
            text =
                "SELECT EXISTS (SELECT FROM {\(index)} AS a WHERE \(condition(index, "a"))), (SELECT count(*) FROM {\(index)})"
        }
        return RandomQuery(text: text, isOrdered: isOrdered, uses: uses)
    }

    private mutating func use(_ index: Int, _ column: String, _ alias: String) -> String {
        uses[index, default: []].insert(column)
        return "\(alias).\"\(column)\""
    }

    private mutating func star(_ index: Int) -> String {
        uses[index, default: []].formUnion(datasets[index].columns.map(\.name))
        return "*"
    }

    private mutating func some(_ index: Int, _ alias: String) -> String {
        let names = random.some(of: datasets[index].columns.map(\.name), percent: 50)
        return (names.isEmpty ? [datasets[index].columns[0].name] : names).map { use(index, $0, alias) }
            .joined(separator: ", ")
    }

    /// Compares with values that occur, in clear and masked.
    private mutating func condition(_ index: Int, _ alias: String) -> String {
        let column = random.pick(datasets[index].columns)
        let name = use(index, column.name, alias)
        switch random.int(0...5) {
        case 0: return "\(name) IS \(random.pick(["", "NOT "]))NULL"
        case 1 where column.type.isText: return "\(name) LIKE '\(random.pick(["%*%", "E%", "%@%", "_%", "x%", "%n%"]))'"
        case 2:
            return "(\(condition(index, alias))) \(random.pick(["AND", "OR", "AND NOT"])) (\(condition(index, alias)))"
        case 3: return "\(name) IN (SELECT b.\"\(column.name)\" FROM {\(index)} AS b)"
        default:
            var value = RandomValues.literal(column.name, column.type, &random)
            let masks: [ReferenceMask] = [
                .alphanum, .email, .showLast(2), .showFirst(3), .year, .month, .round(100_000),
            ]
            if random.chance(50), let mask = masks.filter({ $0.fits(column.type) }).randomElement(using: &random) {
                value = mask.masked(value, column.type)
            }
            return "\(name) \(random.pick(["=", "<>", "<", ">=", "IS DISTINCT FROM"])) \(value.literal(column.type))"
        }
    }

    private mutating func grouped(_ index: Int) -> String {
        let columns = datasets[index].columns
        let key = use(index, random.pick(columns).name, "a")
        let other = random.pick(columns)
        let name = use(index, other.name, "a")
        let aggregate: String
        switch other.type {
        case .integer, .numeric: aggregate = random.pick(["sum", "min", "max", "avg"]) + "(\(name))"
        case .boolean: aggregate = "bool_or(\(name))"
        case .text, .shortText: aggregate = "string_agg(\(name), '|' ORDER BY \(name))"
        case .date, .instant: aggregate = random.pick(["min", "max"]) + "(\(name))"
        }
        return
            "SELECT \(key), count(*), \(aggregate) FROM {\(index)} AS a GROUP BY \(random.pick([key, "ROLLUP (\(key))"]))"
    }

    /// Two datasets by columns of one type, or one with itself.
    private mutating func joined(_ index: Int) -> String {
        let other = random.int(0...(datasets.count - 1))
        let pairs = datasets[index].columns.flatMap { left in
            datasets[other].columns.filter { $0.type == left.type }.map { (left.name, $0.name) }
        }
        guard let (left, right) = pairs.randomElement(using: &random) else {
            return "SELECT \(some(index, "a")) FROM {\(index)} AS a CROSS JOIN {\(other)} AS b"
        }
        let join = random.pick(["JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN"])
        return """
            SELECT \(some(index, "a")), \(some(other, "b")) FROM {\(index)} AS a \(join) {\(other)} AS b \
            ON \(use(index, left, "a")) = \(use(other, right, "b"))
            """
    }

    private mutating func related(_ index: Int) -> String {
        let other = random.int(0...(datasets.count - 1))
        let test = random.pick(["EXISTS", "NOT EXISTS"])
        let pairs = datasets[index].columns.flatMap { left in
            datasets[other].columns.filter { $0.type == left.type }.map { (left.name, $0.name) }
        }
        let (left, right) = pairs.randomElement(using: &random) ?? (datasets[index].columns[0].name, "")
        let link = right.isEmpty ? "true" : "\(use(other, right, "b")) = \(use(index, left, "a"))"
        return """
            SELECT \(some(index, "a")), (SELECT count(*) FROM {\(other)} AS b WHERE \(link)) FROM {\(index)} AS a \
            WHERE \(test) (SELECT FROM {\(other)} AS b WHERE \(link))
            """
    }
}
