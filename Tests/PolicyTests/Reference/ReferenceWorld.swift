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
    }

    /// Whom a rule does not bind.
    struct Exceptions: Sendable {
        var groups: Set<String> = []
        var principals: Set<String> = []

        func cover(_ principal: Principal) -> Bool {
            principals.contains(principal.name) || !groups.isDisjoint(with: principal.groups)
        }

        var json: String {
            #"{"groups":\#(JSONText.list(groups.sorted())),"principals":\#(JSONText.list(principals.sorted()))}"#
        }
    }

    enum Target: Sendable, Hashable {
        case tag(String)
        case dataset(String)
        case column(dataset: String, String)

        var address: String {
            switch self {
            case .tag(let tag): "tag:\(tag)"
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

    struct Grant: Sendable {
        /// `user:x` or `group:x`.
        var subject: String
        var privilege: String
        /// `platform`, `domain:d` or `dataset:d.n`.
        var scope: String
        var columns: Set<String>?
        var raises = false
        /// Seconds since 1970; `nil`: for ever.
        var expiry: Double?
        /// As the server knows it, once made.
        var id: Int64?
    }

    var datasets: [Dataset] = []
    var principals: [Principal] = []
    var masks: [Mask] = []
    var filters: [RowFilter] = []
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

    /// - Parameter now: Seconds since 1970: grants that expired before do not count.
    func sight(of dataset: Dataset, for principal: Principal, now: Double = 0) -> Sight {
        let all = grants(on: dataset, to: principal)
        let held = all.filter { grant in grant.expiry.map { now < $0 } ?? true }
        if held.isEmpty { return .denied(hasExpired: !all.isEmpty) }
        let hidden = dataset.columns.filter { column in
            !held.contains { $0.columns?.contains(column.name) ?? true }
        }.map(\.name)
        let masks = dataset.columns.map { mask(on: $0, of: dataset, for: principal) }
        let rows = dataset.rows.filter { isVisible($0, of: dataset, for: principal) }.map { row in
            zip(row, zip(dataset.columns, masks)).map { value, how in
                let (column, mask) = how
                if hidden.contains(column.name) { return ReferenceValue.null }
                return mask?.masked(value, column.type) ?? value
            }
        }
        return .rows(rows, raising: held.contains(where: \.raises) ? Set(hidden) : [])
    }

    /// Those that let the principal read, in force or not.
    func grants(on dataset: Dataset, to principal: Principal) -> [Grant] {
        grants.filter { grant in
            ["select", "manage"].contains(grant.privilege)
                && ["platform", "domain:\(dataset.domain)", "dataset:\(dataset.address)"].contains(grant.scope)
                && (grant.subject == "user:\(principal.name)"
                    || principal.groups.contains { grant.subject == "group:\($0)" })
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
        (masks.map { "\($0)" } + filters.map { "\($0.name) on \($0.target.address): \($0.filter.text) \($0.except)" }
            + grants.map { "\($0)" }).joined(separator: "\n")
    }
}
