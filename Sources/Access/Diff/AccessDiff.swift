public import Catalog

/// Who would gain or lose what by a change (`POST /access/diff`).
public struct AccessDiff: Sendable, Equatable {
    /// What somebody sees more, or less, of a dataset.
    public struct Side: Sendable, Equatable {
        /// Sorted by name. A lighter mask is a gain, a stricter one a loss.
        public var columns: [String]
        /// On the live data.
        public var rows: Int

        public var isEmpty: Bool { columns.isEmpty && rows == 0 }
    }

    /// A principal and a dataset of which it sees more or less.
    public struct Entry: Sendable, Equatable {
        public var principal: String
        /// What it acts for; `nil`: for no purpose.
        public var purpose: String?
        public var dataset: DatasetAddress
        public var gains: Side
        public var loses: Side
    }

    /// How many members of a group gain and lose something of a dataset.
    public struct GroupSummary: Sendable, Equatable {
        public var group: String
        public var dataset: DatasetAddress
        /// All of the group's principals, affected or not.
        public var members: Int
        /// Those who gain something, whatever they lose.
        public var gaining: Int
        /// Those who lose something, whatever they gain.
        public var losing: Int
    }

    /// In force while the change was compared.
    public var policyVersion: Int64
    /// Those affected only, by principal and dataset.
    public var entries: [Entry]
    /// Groups with a member that is affected, by name and dataset.
    public var groups: [GroupSummary]
}

extension AccessDiff {
    init(
        policyVersion: Int64, _ counted: [(comparison: AccessComparison, counts: RowDifferences)],
        groupNames: [Int64: String],
        members: [Int64: Int]
    ) {
        self.policyVersion = policyVersion
        var entries: [Entry] = []
        var groups: [GroupSummary] = []
        for (comparison, counts) in counted {
            var gaining: [Int64: Set<Int64>] = [:]
            var losing: [Int64: Set<Int64>] = [:]
            for found in comparison.cases {
                let rows = counts.differences[found.rows] ?? RowDifferences.Difference()
                let principal = found.principal
                let entry = Entry(
                    principal: principal.name, purpose: principal.purpose, dataset: comparison.address,
                    gains: Side(columns: found.after.columns(showingMoreThan: found.before), rows: rows.gained),
                    loses: Side(columns: found.before.columns(showingMoreThan: found.after), rows: rows.lost))
                guard !entry.gains.isEmpty || !entry.loses.isEmpty else { continue }
                entries.append(entry)
                for group in principal.subjectIDs where groupNames[group] != nil {
                    if !entry.gains.isEmpty { gaining[group, default: []].insert(principal.actor.principal) }
                    if !entry.loses.isEmpty { losing[group, default: []].insert(principal.actor.principal) }
                }
            }
            groups += Set(gaining.keys).union(losing.keys).map { group in
                GroupSummary(
                    group: groupNames[group] ?? "", dataset: comparison.address, members: members[group] ?? 0,
                    gaining: gaining[group]?.count ?? 0, losing: losing[group]?.count ?? 0)
            }
        }
        self.entries = entries.sorted {
            ($0.principal, "\($0.dataset)", $0.purpose ?? "") < ($1.principal, "\($1.dataset)", $1.purpose ?? "")
        }
        self.groups = groups.sorted { ($0.group, "\($0.dataset)") < ($1.group, "\($1.dataset)") }
    }
}
