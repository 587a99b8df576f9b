/// Everything that decides who sees what, as plain values.
struct ReferenceWorld: Sendable {
    struct Column: Sendable, Hashable {
        var name: String
        var type: ReferenceType
        var tags: Set<String> = []
    }

    struct Dataset: Sendable {
        var domain: String
        var name: String
        var columns: [Column]
        var rows: [[ReferenceValue]]
        var tags: Set<String> = []
        var domainTags: Set<String> = []

        var address: String { "\(domain).\(name)" }
        var types: [String: ReferenceType] {
            Dictionary(columns.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        }
    }

    struct Principal: Sendable {
        var name: String
        var attributes: [String: [String]] = [:]
        var groups: Set<String> = []
        /// What it acts for; `nil`: for no purpose.
        var purpose: String?

        /// As rules and grants may name it.
        var subjects: Set<String> {
            Set(["user:\(name)"] + groups.map { "group:\($0)" } + (purpose.map { ["purpose:\($0)"] } ?? []))
        }

        func acting(for purpose: String?) -> Principal {
            var principal = self
            principal.purpose = purpose
            return principal
        }
    }

    enum Target: Sendable, Hashable {
        case tag(String)
        case domain(String)
        case dataset(String)
        case column(dataset: String, String)

        var address: String {
            switch self {
            case .tag(let tag): "tag:\(tag)"
            case .domain(let domain): "domain:\(domain)"
            case .dataset(let dataset): "dataset:\(dataset)"
            case .column(let dataset, let column): "column:\(dataset).\(column)"
            }
        }

        /// Whether a rule that hangs here concerns the column.
        func covers(_ column: Column, of dataset: Dataset) -> Bool {
            switch self {
            case .tag(let tag):
                column.tags.union(dataset.tags).union(dataset.domainTags).contains {
                    $0 == tag || $0.hasPrefix("\(tag).")
                }
            case .domain(let domain): domain == dataset.domain
            case .dataset(let address): address == dataset.address
            case .column(let address, let name): address == dataset.address && name == column.name
            }
        }
    }

    struct Mask: Sendable {
        var name: String
        var target: Target
        var mask: ReferenceMask
        var except = Exceptions()
    }

    struct RowFilter: Sendable {
        var name: String
        var target: Target
        var filter: ReferenceFilter
        var except = Exceptions()
    }

    /// Whoever it binds does not see the column, or nothing of the dataset when that is meant as a whole.
    struct DenyRule: Sendable {
        var name: String
        var target: Target
        /// `user:x`, `group:x` or `purpose:x`; `nil`: everybody.
        var subjects: Set<String>?
        var except = Exceptions()

        func isFor(_ principal: Principal) -> Bool {
            subjects.map { !$0.isDisjoint(with: principal.subjects) } ?? true
        }

        /// Whether it is the dataset that is denied, rather than a column of it.
        func closes(_ dataset: Dataset) -> Bool {
            switch target {
            case .column: false
            case .tag(let tag):
                dataset.tags.union(dataset.domainTags).contains { $0 == tag || $0.hasPrefix("\(tag).") }
            case .domain(let domain): domain == dataset.domain
            case .dataset(let address): address == dataset.address
            }
        }
    }

    struct Grant: Sendable {
        /// `user:x`, `group:x` or `purpose:x`.
        var subject: String
        var privilege: String
        /// `platform`, `domain:d`, `dataset:d.n` or `purpose:p`.
        var scope: String
        var columns: Set<String>?
        var raises = false
        /// Seconds since 1970; `nil`: for ever.
        var expiry: Double?
        /// As the server knows it, once made.
        var id: Int64?

        func isInForce(_ now: Double) -> Bool { expiry.map { now < $0 } ?? true }
    }

    var datasets: [Dataset] = []
    var principals: [Principal] = []
    var masks: [Mask] = []
    var filters: [RowFilter] = []
    var denials: [DenyRule] = []
    var grants: [Grant] = []
}

extension ReferenceWorld {
    /// What a principal sees of a dataset.
    enum Sight: Sendable, Equatable {
        /// A grant that only expired is noticed when the statement comes to the dataset, no grant when it is planned.
        case denied(hasExpired: Bool)
        /// The rows in the order of the dataset; reading one of the columns `raising` fails.
        case rows([[ReferenceValue]], raising: Set<String>)
    }

    /// - Parameter now: Seconds since 1970: what ended before does not count.
    func sight(of dataset: Dataset, for principal: Principal, now: Double = 0) -> Sight {
        let all = grants(on: dataset, to: principal)
        let acts = grantsToAct(of: principal)
        let closing = denials.filter { $0.closes(dataset) && $0.isFor(principal) && !$0.except.cover(principal) }
        if all.isEmpty || acts?.isEmpty ?? false || !closing.allSatisfy({ $0.except.hasCovered(principal) }) {
            return .denied(hasExpired: false)
        }
        let held = all.filter { $0.isInForce(now) }
        if held.isEmpty || !(acts?.contains { $0.isInForce(now) } ?? true) || !closing.isEmpty {
            return .denied(hasExpired: true)
        }
        let ungranted = dataset.columns.filter { column in
            !held.contains { $0.columns?.contains(column.name) ?? true }
        }.map(\.name)
        let hidden = dataset.columns.map { ungranted.contains($0.name) || isDenied($0, of: dataset, to: principal) }
        let masks = dataset.columns.map { mask(on: $0, of: dataset, for: principal) }
        let rows = dataset.rows.filter { isVisible($0, of: dataset, for: principal) }.map { row in
            row.indices.map { index in
                if hidden[index] { return ReferenceValue.null }
                return masks[index]?.masked(row[index], dataset.columns[index].type) ?? row[index]
            }
        }
        return .rows(rows, raising: held.contains(where: \.raises) ? Set(ungranted) : [])
    }

    /// Those that let the principal read, in force or not.
    func grants(on dataset: Dataset, to principal: Principal) -> [Grant] {
        grants.filter { grant in
            ["select", "manage"].contains(grant.privilege)
                && ["platform", "domain:\(dataset.domain)", "dataset:\(dataset.address)"].contains(grant.scope)
                && principal.subjects.contains(grant.subject)
        }
    }

    /// Those that let the principal act for its purpose, in force or not; `nil` when it acts for none.
    func grantsToAct(of principal: Principal) -> [Grant]? {
        principal.purpose.map { purpose in
            grants.filter { $0.scope == "purpose:\(purpose)" && principal.subjects.contains($0.subject) }
        }
    }

    /// Each principal for no purpose, and once more for each purpose that it may act for.
    ///
    /// - Parameter now: `nil`: also for those that it might act for once.
    func actors(now: Double? = nil) -> [Principal] {
        let purposes = Set(grants.compactMap { $0.scope.hasPrefix("purpose:") ? String($0.scope.dropFirst(8)) : nil })
        return principals.flatMap { principal in
            [principal]
                + purposes.sorted().map { principal.acting(for: $0) }.filter { actor in
                    grantsToAct(of: actor)?.contains { now.map($0.isInForce) ?? true } ?? false
                }
        }
    }

    func isDenied(_ column: Column, of dataset: Dataset, to principal: Principal) -> Bool {
        denials.contains { rule in
            guard rule.isFor(principal), !rule.except.cover(principal) else { return false }
            switch rule.target {
            case .tag(let tag): return column.tags.contains { $0 == tag || $0.hasPrefix("\(tag).") }
            case .column: return rule.target.covers(column, of: dataset)
            case .domain, .dataset: return false
            }
        }
    }

    /// The strictest mask that binds the principal.
    func mask(on column: Column, of dataset: Dataset, for principal: Principal) -> ReferenceMask? {
        masks.filter { $0.target.covers(column, of: dataset) && !$0.except.cover(principal) }
            .map { $0.mask.fits(column.type) ? $0.mask : .nullify }
            .min { $0.strictness.lexicographicallyPrecedes($1.strictness) }
    }

    func isVisible(_ row: [ReferenceValue], of dataset: Dataset, for principal: Principal) -> Bool {
        let values = Dictionary(
            zip(dataset.columns.map(\.name), row).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
        return filters.allSatisfy { rule in
            guard dataset.columns.contains(where: { rule.target.covers($0, of: dataset) }) else { return true }
            if rule.except.cover(principal) { return true }
            guard rule.filter.columns.isSubset(of: values.keys) else { return false }
            return rule.filter.evaluate(values, types: dataset.types, attributes: principal.attributes) == true
        }
    }
}

extension ReferenceWorld {
    /// The rules and grants, for the message of a failure.
    var rules: String {
        (masks.map { "\($0)" } + denials.map { "\($0)" }
            + filters.map { "\($0.name) on \($0.target.address): \($0.filter.text) \($0.except)" }
            + grants.map { "\($0)" }).joined(separator: "\n")
    }
}
