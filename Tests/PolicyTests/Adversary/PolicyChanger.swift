import Access
import Catalog
import JSON
import TestSupport

/// Changes the policy at random, one to three objects in a transaction, and keeps the log of what holds when.
struct PolicyChanger {
    let warehouse: Warehouse
    let log: PolicyLog
    let label: String
    var random: SeededGenerator
    private(set) var world: ReferenceWorld
    private(set) var changes = 0
    /// The one being put together.
    private var next: ReferenceWorld
    private var steps: [(Change) async throws -> Void] = []
    private var made: [(index: Int, grant: ReferenceWorld.Grant, expiresAt: String?)] = []

    var groups: [String] { Self.groups(label) }
    static func groups(_ label: String) -> [String] { ["\(label)_g0", "\(label)_g1"] }
    static func tags(_ label: String) -> [String] { ["\(label).pii", "\(label).pii.contact"] }

    init(_ warehouse: Warehouse, _ log: PolicyLog, label: String, world: ReferenceWorld, random: SeededGenerator) {
        self.warehouse = warehouse
        self.log = log
        self.label = label
        self.world = world
        self.random = random
        next = world
    }

    /// The position in the log of writes after all that is done.
    static func position(_ superuser: RawSession) throws -> UInt64 {
        let rows = try superuser.rows("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return rows.first?.first.flatMap { $0 }.flatMap { UInt64($0) } ?? 0
    }

    /// One change: begun, made, fenced, logged.
    mutating func change(_ superuser: RawSession) async throws {
        (next, steps, made) = (world, [], [])
        for _ in 0..<random.int(1...3) { mutate() }
        log.begin(next)
        var ids: [Int64] = []
        let (steps, made) = (steps, made)
        do {
            try await warehouse.change { change in
                for step in steps { try await step(change) }
                ids = []
                for grant in made { ids.append(try await change.make(grant.grant, expiresAt: grant.expiresAt)) }
            }
        } catch let refusal as Refusal where refusal.code == .policyChanging {
            // Made and committed; only views that readers hold are still shut.
            try await warehouse.governance.settle()
        } catch let refusal as Refusal where refusal.description.contains("/expiresAt lies in the past") {
            // It took too long to come to it: nothing was changed.
            log.complete(world, position: try Self.position(superuser))
            return
        }
        for (grant, id) in zip(made, ids) { next.grants[grant.index].id = id }
        world = next
        changes += 1
        log.complete(next, position: try Self.position(superuser))
    }

    private mutating func mutate() {
        switch random.int(0...13) {
        case 0, 1: putMask()
        case 2:
            guard let index = next.masks.indices.randomElement(using: &random) else { return }
            let name = next.masks.remove(at: index).name
            steps.append { try await $0.deleteMask(name, .none) }
        case 3, 4: putFilter()
        case 5:
            guard let index = next.filters.indices.randomElement(using: &random) else { return }
            let name = next.filters.remove(at: index).name
            steps.append { try await $0.deleteRowFilter(name, .none) }
        case 6: putPrincipal()
        case 7: putTags()
        case 8: putDenial()
        case 9:
            guard let index = next.denials.indices.randomElement(using: &random) else { return }
            let name = next.denials.remove(at: index).name
            steps.append { try await $0.deleteDenyRule(name, .none) }
        case 10: putDatasetTags()
        default: changeGrants()
        }
    }

    private mutating func exceptions() -> ReferenceWorld.Exceptions {
        let subjects = Set(
            random.some(
                of: groups.map { "group:\($0)" } + world.principals.map { "user:\($0.name)" }, percent: 25))
        return ReferenceWorld.Exceptions(
            subjects: subjects, ending: Set(random.some(of: subjects.sorted(), percent: 20)))
    }

    private mutating func putMask() {
        let column = random.pick(["email", "email", "region", "amount"])
        let masks: [ReferenceMask] =
            column == "amount"
            ? [.nullify, .round(10 * ReferenceValue.scale), .fixed("7")]
            : [.nullify, .email, .alphanum, .showFirst(2), .showLast(3), .fixed("7")]
        let target: ReferenceWorld.Target =
            random.chance(30)
            ? .tag(random.pick(Self.tags(label))) : .column(dataset: random.pick(next.datasets).address, column)
        let mask = ReferenceWorld.Mask(
            name: "\(label)_m\(random.int(0...3))", target: target, mask: random.pick(masks), except: exceptions())
        next.masks.removeAll { $0.name == mask.name }
        next.masks.append(mask)
        steps.append { try await $0.put(mask) }
    }

    private mutating func putFilter() {
        let filters: [ReferenceFilter] = [
            .among("region", attribute: "region"), .compare("id", "<=", .integer(random.int(0...6))),
            .any([.isNull("email"), .among("amount", attribute: "level")]), .like("email", "a%"),
            .not(.isIn("region", [.text("EU"), .text("US")])), .constant(random.chance(50)),
        ]
        let target: ReferenceWorld.Target =
            random.chance(25)
            ? .tag(random.pick(Self.tags(label))) : .dataset(random.pick(next.datasets).address)
        let filter = ReferenceWorld.RowFilter(
            name: "\(label)_f\(random.int(0...2))", target: target, filter: random.pick(filters), except: exceptions())
        next.filters.removeAll { $0.name == filter.name }
        next.filters.append(filter)
        steps.append { try await $0.put(filter) }
    }

    private mutating func putDenial() {
        let dataset = random.pick(next.datasets).address
        // Datasets are closed seldom: who is refused learns nothing, so that statement tests little.
        let target: ReferenceWorld.Target =
            random.chance(8)
            ? .dataset(dataset) : .column(dataset: dataset, random.pick(["email", "region", "amount"]))
        let rule = ReferenceWorld.DenyRule(
            name: "\(label)_n\(random.int(0...1))", target: target,
            subjects: ["user:\(random.pick(world.principals).name)", "group:\(random.pick(groups))"],
            except: exceptions())
        next.denials.removeAll { $0.name == rule.name }
        next.denials.append(rule)
        steps.append { try await $0.put(rule) }
    }

    private mutating func putDatasetTags() {
        let index = random.int(0...(next.datasets.count - 1))
        next.datasets[index].tags = random.chance(50) ? [] : [random.pick(Self.tags(label))]
        let (address, tags) = (next.datasets[index].address, next.datasets[index].tags.sorted())
        steps.append { change in
            guard let dataset = DatasetAddress(address) else { return }
            _ = try await change.putDatasetTags(dataset, json(JSONText.list(tags)), .none)
        }
    }

    private mutating func putPrincipal() {
        let index = random.int(0...(next.principals.count - 1))
        next.principals[index].attributes = [
            "region": random.some(of: ["EU", "US", "APAC"], percent: 40),
            "level": random.some(of: ["10", "25", "none", "40"], percent: 40),
        ]
        next.principals[index].groups = Set(random.some(of: groups, percent: 40))
        let principal = next.principals[index]
        steps.append { try await $0.put(principal) }
    }

    private mutating func putTags() {
        let dataset = random.int(0...(next.datasets.count - 1))
        let column = random.int(1...3)
        let tags = random.some(of: Self.tags(label), percent: 40)
        next.datasets[dataset].columns[column].tags = Set(tags)
        let text = "\(next.datasets[dataset].address).\(next.datasets[dataset].columns[column].name)"
        guard let address = ColumnAddress(text) else { preconditionFailure("\(text) is no address") }
        steps.append { _ = try await $0.putColumnTags(address, json(JSONText.list(tags)), .none) }
    }

    /// What a principal has most of the time, so that most statements see something.
    static func home(of principal: ReferenceWorld.Principal, _ label: String) -> ReferenceWorld.Grant {
        ReferenceWorld.Grant(subject: "user:\(principal.name)", privilege: "select", scope: "domain:\(label)")
    }

    private mutating func changeGrants() {
        let homes = next.principals.map { Self.home(of: $0, label) }
        if let lost = homes.first(where: { home in !next.grants.contains { $0.isEqual(home) } }) {
            next.grants.append(lost)
            made.append((next.grants.count - 1, lost, nil))
            return
        }
        let others = next.grants.indices.filter { index in !homes.contains { $0.isEqual(next.grants[index]) } }
        let isHome = random.chance(30)
        let candidates = isHome ? Array(next.grants.indices) : others
        // Those made in this very change have no id yet and stay.
        if made.isEmpty, isHome || others.count > 6 || random.chance(30),
            let index = candidates.randomElement(using: &random), let id = next.grants[index].id
        {
            next.grants.remove(at: index)
            steps.append { try await $0.deleteGrant("\(id)", .none) }
            return
        }
        let dataset = random.pick(next.datasets)
        var grant = ReferenceWorld.Grant(
            subject: random.chance(50) ? "user:\(random.pick(next.principals).name)" : "group:\(random.pick(groups))",
            privilege: random.chance(80) ? "select" : "manage",
            scope: random.chance(55) ? "dataset:\(dataset.address)" : "domain:\(dataset.domain)")
        if grant.scope.hasPrefix("dataset:"), grant.privilege == "select", random.chance(40) {
            grant.columns = Set(["id"] + random.some(of: ["region", "email", "amount"], percent: 50))
            grant.raises = random.chance(20)
        }
        var expiresAt: String?
        if random.chance(40) {
            let microseconds = Int((wallClock() + Double(random.int(200...2000)) / 1000) * 1_000_000)
            grant.expiry = Double(microseconds) / 1_000_000
            expiresAt = Self.rfc3339(microseconds)
        }
        // An equal grant would be answered with the one that exists.
        if next.grants.contains(where: { $0.isEqual(grant) }) { return }
        next.grants.append(grant)
        made.append((next.grants.count - 1, grant, expiresAt))
    }

    private static func rfc3339(_ microseconds: Int) -> String {
        let text = Calendar.text(instant: microseconds).dropLast(3).replacing(" ", with: "T")
        return "\(text).\(String(microseconds % 1_000_000 + 1_000_000).dropFirst())Z"
    }
}

extension ReferenceWorld.Grant {
    fileprivate func isEqual(_ other: Self) -> Bool {
        subject == other.subject && privilege == other.privilege && scope == other.scope && columns == other.columns
            && raises == other.raises && expiry == other.expiry
    }
}
