import Access
import Catalog

/// One step from a world to the next, made alike in the reference and on the server.
enum WorldChange: Sendable {
    case put(ReferenceWorld.Mask)
    case putFilter(ReferenceWorld.RowFilter)
    case putDenial(ReferenceWorld.DenyRule)
    case removeDenial(String)
    case removeMask(String)
    case removeFilter(String)
    case grant(ReferenceWorld.Grant)
    case revoke(Int64)
    case putPrincipal(ReferenceWorld.Principal)
    case tag(dataset: String, column: String, tags: Set<String>)
    case tagDataset(String, Set<String>)
    case tagDomain(String, Set<String>)

    func perform(in change: Change) async throws {
        switch self {
        case .put(let mask): try await change.put(mask)
        case .putFilter(let filter): try await change.put(filter)
        case .putDenial(let rule): try await change.put(rule)
        case .removeDenial(let name): try await change.deleteDenyRule(name, .none)
        case .removeMask(let name): try await change.deleteMask(name, .none)
        case .removeFilter(let name): try await change.deleteRowFilter(name, .none)
        case .grant(let grant): _ = try await change.make(grant)
        case .revoke(let id): try await change.deleteGrant("\(id)", .none)
        case .putPrincipal(let principal): try await change.put(principal)
        case .tag(let dataset, let column, let tags):
            guard let address = ColumnAddress("\(dataset).\(column)") else { return }
            _ = try await change.putColumnTags(address, json(JSONText.list(tags.sorted())), .none)
        case .tagDataset(let dataset, let tags):
            guard let address = DatasetAddress(dataset) else { return }
            _ = try await change.putDatasetTags(address, json(JSONText.list(tags.sorted())), .none)
        case .tagDomain(let domain, let tags):
            _ = try await change.putDomainTags(domain, json(JSONText.list(tags.sorted())), .none)
        }
    }
}

extension ReferenceWorld {
    /// The world with the change; a grant gets its id from the server, which has made it by then.
    func after(_ change: WorldChange) -> ReferenceWorld {
        var world = self
        switch change {
        case .put(let mask):
            world.masks.removeAll { $0.name == mask.name }
            world.masks.append(mask)
        case .putFilter(let filter):
            world.filters.removeAll { $0.name == filter.name }
            world.filters.append(filter)
        case .putDenial(let rule):
            world.denials.removeAll { $0.name == rule.name }
            world.denials.append(rule)
        case .removeDenial(let name): world.denials.removeAll { $0.name == name }
        case .removeMask(let name): world.masks.removeAll { $0.name == name }
        case .removeFilter(let name): world.filters.removeAll { $0.name == name }
        case .grant(let grant): world.grants.append(grant)
        case .revoke(let id): world.grants.removeAll { $0.id == id }
        case .putPrincipal(let principal):
            world.principals.removeAll { $0.name == principal.name }
            world.principals.append(principal)
        case .tag(let dataset, let column, let tags):
            for index in world.datasets.indices where world.datasets[index].address == dataset {
                for place in world.datasets[index].columns.indices
                where world.datasets[index].columns[place].name == column {
                    world.datasets[index].columns[place].tags = tags
                }
            }
        case .tagDataset(let dataset, let tags):
            for index in world.datasets.indices where world.datasets[index].address == dataset {
                world.datasets[index].tags = tags
            }
        case .tagDomain(let domain, let tags):
            for index in world.datasets.indices where world.datasets[index].domain == domain {
                world.datasets[index].domainTags = tags
            }
        }
        return world
    }

    /// What a principal may see of a dataset, without the values.
    struct Outline: Equatable {
        /// How much of each column: `nil` is all of it, otherwise the strictness of its mask; hidden ones are left out.
        var columns: [String: [Int]?]
        var rows: Set<Int>

        /// The columns of which this shows more than `other`.
        func columns(over other: Outline) -> Set<String> {
            Set(
                columns.filter { name, strictness in
                    guard let theirs = other.columns[name] else { return true }
                    guard let theirs else { return false }
                    return strictness.map { theirs.lexicographicallyPrecedes($0) } ?? true
                }.keys)
        }
    }

    func outline(of dataset: Dataset, for principal: Principal, now: Double) -> Outline {
        guard case .rows = sight(of: dataset, for: principal, now: now) else { return Outline(columns: [:], rows: []) }
        let held = grants(on: dataset, to: principal).filter { $0.isInForce(now) }
        var columns: [String: [Int]?] = [:]
        for column in dataset.columns where held.contains(where: { $0.columns?.contains(column.name) ?? true }) {
            if isDenied(column, of: dataset, to: principal) { continue }
            let mask = mask(on: column, of: dataset, for: principal)
            if mask != .nullify { columns.updateValue(mask?.strictness, forKey: column.name) }
        }
        return Outline(
            columns: columns,
            rows: Set(dataset.rows.indices.filter { isVisible(dataset.rows[$0], of: dataset, for: principal) }))
    }
}
