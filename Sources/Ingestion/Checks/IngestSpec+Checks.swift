public import Catalog

extension IngestSpec {
    /// A check that cannot be used, whatever the rows.
    public struct CheckFault: Sendable, Hashable {
        /// Position of the check.
        public var index: Int
        /// The member of the check that is wrong.
        public var member: String
        public var detail: String
    }

    /// The checks that cannot be used: patterns that are none, and, where columns are declared, bounds and members that
    /// are no values of their column's type.
    public var checkFaults: [CheckFault] {
        let types = Dictionary((columns ?? []).map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        return checks.enumerated().compactMap { index, check in
            let targets = check.columns.compactMap { name in types[name].map { TargetColumn(name: name, type: $0) } }
            let member: String
            switch check.rule {
            case .matches: member = "matches"
            case .range: member = "range"
            case .in: member = "in"
            case .notNull, .unique: return nil
            }
            // A pattern needs no type; the others cannot be judged without.
            guard member == "matches" || targets.count == check.columns.count else { return nil }
            do throws(SourceFailure) {
                _ = try CheckRule(check, columns: targets)
                return nil
            } catch {
                return CheckFault(index: index, member: member, detail: error.detail)
            }
        }
    }
}
