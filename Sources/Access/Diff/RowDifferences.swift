import Catalog
import Postgres

/// How many rows of a dataset come and go when one condition takes another's place, counted in one pass for many pairs.
struct RowDifferences {
    struct Pair: Sendable, Hashable {
        var before: String
        var after: String
    }

    struct Difference: Sendable, Equatable {
        var gained = 0
        var lost = 0
    }

    /// Conditions that one pass evaluates: as many as a bigint has bits besides its sign.
    static let maxConditions = 63

    private(set) var differences: [Pair: Difference] = [:]

    /// One pass over a table: which of its conditions hold is a number, and rows with the same number are counted together.
    struct Pass: Equatable {
        var pairs: [Pair] = []
        /// Those that depend on the row, in the order of their bits.
        var conditions: [String] = []

        /// The pairs in as few passes as they need; those that are no difference are left out.
        static func over(_ pairs: some Sequence<Pair>) -> [Pass] {
            var passes: [Pass] = []
            for pair in pairs where pair.before != pair.after {
                let wanted = [pair.before, pair.after].filter { $0 != "true" && $0 != "false" }
                var pass = passes.popLast() ?? Pass()
                let new = wanted.filter { !pass.conditions.contains($0) }
                if pass.conditions.count + new.count > RowDifferences.maxConditions {
                    passes.append(pass)
                    pass = Pass(pairs: [pair], conditions: wanted)
                } else {
                    pass.pairs.append(pair)
                    pass.conditions += new
                }
                passes.append(pass)
            }
            return passes
        }

        /// The count of each combination, over `source`, a relation with the columns that the conditions name.
        func sql(over source: String) -> SQL {
            let bits = conditions.enumerated().map { "CASE WHEN \($1) THEN \(UInt64(1) << $0) ELSE 0 END" }
            let sum = bits.isEmpty ? "0" : bits.joined(separator: " + ")
            return SQL(unsafe: "SELECT (\(sum))::bigint, count(*) FROM \(source) AS r GROUP BY 1")
        }

        func holds(_ condition: String, in bits: Int64) -> Bool {
            guard let bit = conditions.firstIndex(of: condition) else { return condition == "true" }
            return bits & (1 << bit) != 0
        }
    }

    /// Adds what a pass found: each combination of conditions with its count of rows.
    mutating func add(_ combinations: [(bits: Int64, count: Int64)], of pass: Pass) {
        for pair in pass.pairs {
            differences[pair] = combinations.reduce(into: Difference()) { difference, found in
                switch (pass.holds(pair.before, in: found.bits), pass.holds(pair.after, in: found.bits)) {
                case (false, true): difference.gained += Int(found.count)
                case (true, false): difference.lost += Int(found.count)
                case (true, true), (false, false): break
                }
            }
        }
    }

    private static let outOfTime = Refusal(
        .budgetExceeded, "the rows were not counted within \(Governance.countingTime.components.seconds) s",
        hint: "Compare fewer changes at once.")

    /// Counts `pairs` over the live rows of a dataset; columns that it does not have yet are NULL in all of them.
    static func count(
        _ pairs: some Sequence<Pair>, of dataset: Int64, adding newColumns: [DatasetDefinition.Column],
        until deadline: ContinuousClock.Instant, on connection: Connection
    ) async throws -> RowDifferences {
        var counts = RowDifferences()
        let added = newColumns.map { ", NULL::\($0.type.spelling) AS \(SQL.quoted(identifier: $0.name))" }.joined()
        let source = "(SELECT d.*\(added) FROM \(CompiledDataset.table(dataset)) AS d)"
        for pass in Pass.over(pairs) {
            let left = deadline - .now
            guard left > .zero else { throw Self.outOfTime }
            try await connection.execute(
                "SELECT set_config('statement_timeout', \("\(left.components.seconds + 1)s"), true)")
            let rows: [Row]
            do throws(PostgresError) {
                rows = try await connection.query(pass.sql(over: source), timeout: left + .seconds(5))
            } catch {
                // Cancelled by its statement_timeout.
                throw error.sqlState == "57014" ? Self.outOfTime : error
            }
            counts.add(try rows.map { (try $0.decode(at: 0), try $0.decode(at: 1)) }, of: pass)
        }
        return counts
    }
}
