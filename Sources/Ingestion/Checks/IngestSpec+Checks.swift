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
            if check.rule.comparesValues, targets.count != check.columns.count { return nil }
            do throws(SourceFailure) {
                _ = try CheckRule(check, columns: targets)
                return nil
            } catch {
                return CheckFault(index: index, member: check.rule.kind.rawValue, detail: error.detail)
            }
        }
    }
}
