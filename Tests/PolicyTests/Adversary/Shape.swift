/// A form of statement over one to three datasets, and what it answers given the rows one may see of each.
struct Shape: Sendable {
    typealias Rows = [[String?]]

    /// `{0}`, `{1}`, `{2}` stand for the datasets.
    var sql: String
    var datasets = 1
    /// From the visible rows (id, region, email, amount) of each dataset; in any order.
    var answer: @Sendable ([Rows]) -> Rows

    func sql(_ names: [String]) -> String {
        names.enumerated().reduce(sql) { text, name in
            text.split(separator: "{\(name.offset)}", omittingEmptySubsequences: false).joined(separator: name.element)
        }
    }

    static let columns: [ReferenceWorld.Column] = [
        ReferenceWorld.Column(name: "id", type: .integer), ReferenceWorld.Column(name: "region", type: .text),
        ReferenceWorld.Column(name: "email", type: .text), ReferenceWorld.Column(name: "amount", type: .integer),
    ]

    /// A constant that takes the planner a while, between its decisions and its reading of row security; the function
    /// after it is looked up in the catalogs, where a planner takes notice of what others committed.
    private static func slow(_ size: Int, _ function: String) -> String {
        "length(md5(repeat('x', \(size))) || \(function)) > 0"
    }

    static let all: [Shape] = simple + combined

    private static let simple: [Shape] = [
        Shape(sql: "SELECT id, region, email, amount FROM {0}") { $0[0] },
        Shape(sql: "SELECT * FROM {0} ORDER BY email, id") { $0[0] },
        Shape(sql: "SELECT count(*), count(email), sum(amount) FROM {0}") { rows in
            let amounts = rows[0].compactMap { $0[3].flatMap { Int($0) } }
            let sum = amounts.isEmpty ? nil : "\(amounts.reduce(0, +))"
            return [["\(rows[0].count)", "\(rows[0].filter { $0[2] != nil }.count)", sum]]
        },
        Shape(sql: "SELECT email, count(*) FROM {0} GROUP BY email") { rows in
            Dictionary(grouping: rows[0]) { $0[2] }.map { [$0.key, "\($0.value.count)"] }
        },
        Shape(sql: "SELECT id, email FROM {0} WHERE email LIKE 'a%' OR email IS NULL") { rows in
            rows[0].filter { $0[2]?.hasPrefix("a") ?? true }.map { [$0[0], $0[2]] }
        },
        Shape(sql: "SELECT id, email, n FROM (SELECT * FROM {0} OFFSET 0) AS a, LATERAL generate_series(1, 2) AS n") {
            rows in rows[0].flatMap { row in ["1", "2"].map { [row[0], row[2], $0] } }
        },
        Shape(sql: "SELECT id, unnest(ARRAY[region, email]) FROM {0}") { rows in
            rows[0].flatMap { [[$0[0], $0[1]], [$0[0], $0[2]]] }
        },
        Shape(sql: "SELECT id, region, email, amount FROM {0} WHERE \(slow(1_000_000, "sinh(0.5)::text"))") { $0[0] },
        Shape(sql: "SELECT row_number() OVER (ORDER BY id, email, region, amount) > 0, email FROM {0}") { rows in
            rows[0].map { ["t", $0[2]] }
        },
    ]

    private static let combined: [Shape] = [
        Shape(sql: "SELECT a.id, b.id, b.email FROM {0} AS a JOIN {1} AS b ON a.region = b.region", datasets: 2) {
            rows in
            rows[0].flatMap { a in rows[1].filter { a[1] != nil && a[1] == $0[1] }.map { [a[0], $0[0], $0[2]] } }
        },
        Shape(
            sql: "SELECT id, email FROM {0} AS a WHERE EXISTS (SELECT FROM {1} AS b WHERE b.region = a.region)",
            datasets: 2
        ) { rows in
            rows[0].filter { a in a[1] != nil && rows[1].contains { $0[1] == a[1] } }.map { [$0[0], $0[2]] }
        },
        Shape(
            sql: """
                WITH w AS MATERIALIZED (SELECT email, amount FROM {0}) SELECT email, amount FROM w
                UNION ALL SELECT email, amount FROM {1} UNION ALL SELECT email, amount FROM {2}
                """, datasets: 3
        ) { rows in rows.joined().map { [$0[2], $0[3]] } },
        Shape(
            sql: "SELECT (SELECT count(*) FROM {0}), (SELECT string_agg(email, ',' ORDER BY email) FROM {1})",
            datasets: 2
        ) { rows in
            let emails = rows[1].compactMap { $0[2] }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return [["\(rows[0].count)", emails.isEmpty ? nil : emails.joined(separator: ",")]]
        },
        Shape(
            sql: """
                SELECT a.email, \(slow(500_000, "cosh(0.5)::text")), b.email FROM {0} AS a, {1} AS b
                WHERE a.id = b.id AND \(slow(500_000, "tanh(0.5)::text"))
                """, datasets: 2
        ) { rows in
            rows[0].flatMap { a in rows[1].filter { a[0] != nil && a[0] == $0[0] }.map { [a[2], "t", $0[2]] } }
        },
        Shape(sql: "SELECT a.id, b.amount FROM {0} AS a LEFT JOIN {1} AS b ON b.id = a.id", datasets: 2) { rows in
            rows[0].flatMap { a -> Rows in
                let matches = rows[1].filter { a[0] != nil && a[0] == $0[0] }
                return matches.isEmpty ? [[a[0], nil]] : matches.map { [a[0], $0[3]] }
            }
        },
    ]
}
