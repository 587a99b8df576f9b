import TestSupport

/// Makes worlds: a domain with two datasets, principals in groups, and policies of every kind on them.
struct RandomWorld {
    /// Makes the names unique in the installation.
    var label: String
    var random: SeededGenerator

    /// Some are named like parameters and tables of the generated functions, to whom they must mean nothing.
    static let columns: [(String, ReferenceType)] = [
        ("region", .text), ("email", .text), ("code", .shortText), ("age", .integer), ("value", .integer),
        ("amount", .numeric), ("r", .numeric), ("active", .boolean), ("born", .date), ("seen", .instant),
        ("epoch", .instant), ("kind", .text),
    ]

    var tags: [String] {
        ["", ".pii", ".pii.contact", ".pii.contact.email", ".geo"].map { "\(label)\($0)" }
    }
    var groups: [String] { ["analysts", "finance", "support"].map { "\(label)_\($0)" } }
    var purposes: [String] { ["audit", "fraud"].map { "\(label)_\($0)" } }
    static let attributes = ["region", "level", "since"]

    mutating func make() -> ReferenceWorld {
        var world = ReferenceWorld()
        let domainTags: Set<String> = random.chance(20) ? [random.pick(tags.dropFirst())] : []
        world.datasets = ["a", "b"].map { makeDataset($0, in: domainTags) }
        world.principals = (0..<4).map { makePrincipal($0) }
        world.masks = (0..<random.int(0...6)).map { makeMask($0, world) }
        world.filters = (0..<random.int(0...3)).map { makeFilter($0, world) }
        world.denials = (0..<random.int(0...2)).map { makeDenial($0, world) }
        for purpose in purposes where random.chance(60) { world.grants.append(makeGrantToAct(purpose, world)) }
        for principal in world.principals { world.grants += makeGrants(to: principal, world) }
        return world
    }

    private mutating func makeDataset(_ name: String, in domainTags: Set<String>) -> ReferenceWorld.Dataset {
        var chosen = random.some(of: Self.columns, percent: 60)
        if chosen.isEmpty { chosen = [Self.columns[0]] }
        let tags = tags
        let columns = chosen.map { name, type in
            ReferenceWorld.Column(
                name: name, type: type, tags: random.chance(40) ? [random.pick(tags.dropFirst())] : [])
        }
        let rows = (0..<random.int(0...14)).map { _ in
            columns.map { RandomValues.value($0.name, $0.type, &random) }
        }
        return ReferenceWorld.Dataset(
            domain: label, name: name, columns: columns, rows: rows,
            tags: random.chance(20) ? [random.pick(tags.dropFirst())] : [], domainTags: domainTags)
    }

    private mutating func makePrincipal(_ index: Int) -> ReferenceWorld.Principal {
        var attributes: [String: [String]] = [:]
        for name in random.some(of: Self.attributes, percent: 75) { attributes[name] = RandomValues.attribute(&random) }
        return ReferenceWorld.Principal(
            name: "\(label)_p\(index)", attributes: attributes, groups: Set(random.some(of: groups, percent: 35)))
    }

    private func subjects(_ world: ReferenceWorld) -> [String] {
        groups.map { "group:\($0)" } + world.principals.map { "user:\($0.name)" } + purposes.map { "purpose:\($0)" }
    }

    private mutating func makeExceptions(_ world: ReferenceWorld) -> ReferenceWorld.Exceptions {
        let chosen = random.some(of: subjects(world), percent: 20)
        let ended = Set(random.some(of: chosen, percent: 20))
        let subjects = Set(chosen).subtracting(ended)
        return ReferenceWorld.Exceptions(
            subjects: subjects, ending: Set(random.some(of: subjects.sorted(), percent: 20)), ended: ended)
    }

    private mutating func makeDenial(_ index: Int, _ world: ReferenceWorld) -> ReferenceWorld.DenyRule {
        let dataset = random.pick(world.datasets)
        let targets: [ReferenceWorld.Target] = [
            .tag(random.pick(tags)), .column(dataset: dataset.address, random.pick(dataset.columns).name),
            .column(dataset: dataset.address, random.pick(dataset.columns).name), .dataset(dataset.address),
            .domain(label),
        ]
        let chosen = Set(random.some(of: subjects(world), percent: 25))
        return ReferenceWorld.DenyRule(
            name: "\(label)_n\(index)", target: random.pick(targets), subjects: chosen.isEmpty ? nil : chosen,
            except: makeExceptions(world))
    }

    private mutating func makeGrantToAct(_ purpose: String, _ world: ReferenceWorld) -> ReferenceWorld.Grant {
        let subject = random.pick(subjects(world).filter { !$0.hasPrefix("purpose:") })
        return ReferenceWorld.Grant(
            subject: subject, privilege: "act", scope: "purpose:\(purpose)", expiry: random.chance(30) ? 1 : nil)
    }

    private mutating func makeMask(_ index: Int, _ world: ReferenceWorld) -> ReferenceWorld.Mask {
        let onTag = random.chance(50)
        let dataset = random.pick(world.datasets)
        let column = random.pick(dataset.columns)
        var mask = ReferenceMask.random(&random)
        while !onTag, !mask.fits(column.type) { mask = ReferenceMask.random(&random) }
        let target: ReferenceWorld.Target =
            onTag ? .tag(random.pick(tags)) : .column(dataset: dataset.address, column.name)
        return ReferenceWorld.Mask(
            name: "\(label)_m\(index)", target: target, mask: mask, except: makeExceptions(world))
    }

    private mutating func makeFilter(_ index: Int, _ world: ReferenceWorld) -> ReferenceWorld.RowFilter {
        let dataset = random.pick(world.datasets)
        let target: ReferenceWorld.Target =
            random.chance(30) ? .tag(random.pick(tags)) : .dataset(dataset.address)
        let filter = RandomFilter(columns: dataset.columns, attributes: Self.attributes).make(&random)
        return ReferenceWorld.RowFilter(
            name: "\(label)_f\(index)", target: target, filter: filter, except: makeExceptions(world))
    }

    private mutating func makeGrants(
        to principal: ReferenceWorld.Principal, _ world: ReferenceWorld
    ) -> [ReferenceWorld.Grant] {
        (0..<random.int(1...3)).map { _ in
            let dataset = random.pick(world.datasets)
            let subject =
                random.chance(60)
                ? "user:\(principal.name)"
                : random.pick(groups.map { "group:\($0)" } + purposes.map { "purpose:\($0)" })
            var grant = ReferenceWorld.Grant(
                subject: subject,
                privilege: random.pick(["select", "select", "select", "manage", "describe", "write"]),
                scope: random.pick(["dataset:\(dataset.address)", "dataset:\(dataset.address)", "domain:\(label)"]))
            if grant.scope.hasPrefix("dataset:"), grant.privilege == "select", random.chance(40) {
                let columns = Set(random.some(of: dataset.columns.map(\.name), percent: 60))
                grant.columns = columns.isEmpty ? [dataset.columns[0].name] : columns
                grant.raises = random.chance(25)
            }
            // Far in the future or long ago: what happens at the moment itself is the adversary's.
            if random.chance(25) { grant.expiry = random.chance(50) ? 4_000_000_000 : 1 }
            return grant
        }
    }

    private mutating func makeTags() -> Set<String> {
        random.chance(50) ? [random.pick(tags.dropFirst())] : []
    }

    /// A change of one thing, whatever decides about access.
    mutating func makeChange(of world: ReferenceWorld) -> WorldChange {
        var change = anyChange(of: world)
        // Nothing that is made has ended.
        switch change {
        case .put(var mask):
            mask.except.ended = []
            change = .put(mask)
        case .putFilter(var filter):
            filter.except.ended = []
            change = .putFilter(filter)
        case .putDenial(var rule):
            rule.except.ended = []
            change = .putDenial(rule)
        case .grant(var grant):
            grant.expiry = nil
            change = .grant(grant)
        default: break
        }
        return change
    }

    private mutating func anyChange(of world: ReferenceWorld) -> WorldChange {
        switch random.int(0...15) {
        case 0...1: return .put(makeMask(random.int(0...6), world))
        case 2...3: return .putFilter(makeFilter(random.int(0...3), world))
        case 4 where !world.masks.isEmpty: return .removeMask(random.pick(world.masks).name)
        case 5 where !world.filters.isEmpty: return .removeFilter(random.pick(world.filters).name)
        case 6 where !world.grants.isEmpty:
            if let id = random.pick(world.grants).id { return .revoke(id) }
        case 7:
            let dataset = random.pick(world.datasets)
            return .tag(
                dataset: dataset.address, column: random.pick(dataset.columns).name,
                tags: Set(random.some(of: tags.dropFirst(), percent: 30)))
        case 8: return .tagDataset(random.pick(world.datasets).address, makeTags())
        case 9: return .tagDomain(label, makeTags())
        case 10:
            let old = random.pick(world.principals)
            var new = makePrincipal(0)
            new.name = old.name
            return .putPrincipal(new)
        case 11...12: return .putDenial(makeDenial(random.int(0...2), world))
        case 13 where !world.denials.isEmpty: return .removeDenial(random.pick(world.denials).name)
        case 14: return .grant(makeGrantToAct(random.pick(purposes), world))
        default: break
        }
        return .grant(makeGrants(to: random.pick(world.principals), world)[0])
    }
}
