/// Says whether an answer is right for one policy version of those that were in force.
struct Judge {
    let log: PolicyLog
    let principal: String
    /// Sights worked out already, of the latest versions.
    private var known: [Key: ReferenceWorld.Sight] = [:]

    private struct Key: Hashable {
        var version: Int
        var dataset: Int
        /// How many grants had expired: the only thing that time decides.
        var expired: Int
    }

    init(log: PolicyLog, principal: String) {
        self.log = log
        self.principal = principal
    }

    /// When a statement ran: the first version it may follow and the last, and the wall clock at either end.
    struct Moment {
        var versions: ClosedRange<Int>
        var clock: ClosedRange<Double>
        /// The first version under which a cursor, or a statement prepared before the transaction it runs in, may have been
        /// planned: within a transaction that holds its locks a session takes no notice of invalidations. What it
        /// answers is fenced when it is first read, but for one thing: where the policy of then made it plain that nothing can come of a dataset (no row
        /// is shown, or the column it is joined by is NULL), the planner left it out, fence and all. That dataset then
        /// adds nothing, as under the policy of then, while every other one must be as under a policy of now: a row
        /// that is shown is always fenced. Whether it adds nothing is no secret: the reader could have asked then.
        var plannedIn: Int
        /// The first version whose refusal may have ended it: of a cursor, the one of its declaration.
        var refusedSince: Int
    }

    enum Verdict: Equatable {
        case right
        /// An error that is right at any time: the policy changed under the statement, or its transaction.
        case retry
        case refused
        case wrong(String)
    }

    mutating func judge(_ answer: RawSession.Answer, _ shape: Shape, on datasets: [Int], _ moment: Moment) -> Verdict {
        if case .failure(let failure) = answer {
            // A transaction that began before something was taken away is ended with its session.
            if ["40001", "57P01", "08006"].contains(failure.sqlState) { return .retry }
            guard failure.sqlState == "42501" else { return .wrong("\(shape.sql) failed with \(failure)") }
        }
        for version in (moment.plannedIn...moment.versions.upperBound).reversed() {
            let world = log.world(version)
            for time in times(of: world, moment) {
                let sights = datasets.map { sight(world, version, $0, at: time) }
                switch answer {
                case .failure:
                    if version >= moment.refusedSince, sights.contains(where: \.mayRefuse) { return .refused }
                case .rows(let rows):
                    if moment.versions.contains(version) {
                        if explains(rows, shape, sights, world, datasets) { return .right }
                    } else if leavesOut(rows, shape, sights, datasets, moment) {
                        return .right
                    }
                }
            }
        }
        return .wrong(explain(answer, shape, datasets, moment))
    }

    /// Whether an answer is right that was planned under an older policy, which shows `planned` of the datasets.
    private mutating func leavesOut(
        _ rows: Shape.Rows, _ shape: Shape, _ planned: [ReferenceWorld.Sight], _ datasets: [Int], _ moment: Moment
    ) -> Bool {
        if rows.isEmpty, expected(shape, planned)?.isEmpty ?? false { return true }
        guard planned.contains(where: \.isEmpty) else { return false }
        for version in moment.versions.reversed() {
            let world = log.world(version)
            for time in times(of: world, moment) {
                let sights = zip(datasets, planned).map { dataset, planned in
                    planned.isEmpty ? planned : sight(world, version, dataset, at: time)
                }
                if explains(rows, shape, sights, world, datasets) { return true }
            }
        }
        return false
    }

    /// Whether `rows` is what the statement answers over the sights. One whose grant has expired refuses only a
    /// statement that comes to it: the answer must then be the same without its rows and with all that the grant showed.
    private mutating func explains(
        _ rows: Shape.Rows, _ shape: Shape, _ sights: [ReferenceWorld.Sight], _ world: ReferenceWorld, _ datasets: [Int]
    ) -> Bool {
        guard let wanted = expected(shape, sights), Self.same(rows, wanted) else { return false }
        guard sights.contains(.denied(hasExpired: true)),
            let principal = world.principals.first(where: { $0.name == principal })
        else { return true }
        let unexpired = zip(sights, datasets).map { sight, dataset in
            sight == .denied(hasExpired: true)
                ? world.sight(of: world.datasets[dataset], for: principal, now: -.infinity) : sight
        }
        return expected(shape, unexpired).map { Self.same(rows, $0) } ?? false
    }

    /// The moments between which what has expired differs. The clocks of two processes agree to less than a millisecond.
    private func times(of world: ReferenceWorld, _ moment: Moment) -> [Double] {
        let (first, last) = (moment.clock.lowerBound - 0.001, moment.clock.upperBound + 0.001)
        return [first] + world.grants.compactMap(\.expiry).filter { $0 >= first && $0 <= last }
    }

    private mutating func sight(
        _ world: ReferenceWorld, _ version: Int, _ dataset: Int, at time: Double
    ) -> ReferenceWorld.Sight {
        let expired = world.grants.reduce(0) { $0 + (($1.expiry ?? .infinity) <= time ? 1 : 0) }
        let key = Key(version: version, dataset: dataset, expired: expired)
        if let sight = known[key] { return sight }
        guard let principal = world.principals.first(where: { $0.name == principal }) else {
            return .denied(hasExpired: false)
        }
        let sight = world.sight(of: world.datasets[dataset], for: principal, now: time)
        if known.count > 64 { known = [:] }
        known[key] = sight
        return sight
    }

    /// `nil`: this policy does not let it be answered at all.
    private func expected(_ shape: Shape, _ sights: [ReferenceWorld.Sight]) -> Shape.Rows? {
        var visible: [Shape.Rows] = []
        for sight in sights {
            switch sight {
            case .denied(hasExpired: false): return nil
            // Refused only if the statement comes to it; if not, it adds nothing.
            case .denied(hasExpired: true): visible.append([])
            case .rows(let rows, _): visible.append(rows.map { $0.map(\.spelling) })
            }
        }
        return shape.answer(visible)
    }

    private static func same(_ rows: Shape.Rows, _ wanted: Shape.Rows) -> Bool {
        guard rows.count == wanted.count else { return false }
        return rows == wanted || sorted(rows) == sorted(wanted)
    }

    private static func sorted(_ rows: Shape.Rows) -> [[String]] {
        rows.map { $0.map { $0.map { "+\($0)" } ?? "-" } }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private mutating func explain(
        _ answer: RawSession.Answer, _ shape: Shape, _ datasets: [Int], _ moment: Moment
    ) -> String {
        var note = "no version explains it"
        if case .rows(let rows) = answer {
            for version in (0..<moment.versions.lowerBound).reversed().prefix(200) {
                let world = log.world(version)
                let sights = datasets.map { sight(world, version, $0, at: moment.clock.lowerBound) }
                if let wanted = expected(shape, sights), Self.same(rows, wanted) {
                    note = "right for version \(version), which is too old"
                    break
                }
            }
        }
        let last = log.world(moment.versions.upperBound)
        let sights = datasets.map { sight(last, moment.versions.upperBound, $0, at: moment.clock.upperBound) }
        return """
            \(principal) in versions \(moment.versions), planned in \(moment.plannedIn): \(note)
            \(shape.sql) on \(datasets)
            answered \(answer)
            the last version shows \(sights)
            \(last.principals)
            \(last.rules)
            """
    }
}

extension ReferenceWorld.Sight {
    var isEmpty: Bool {
        if case .rows(let rows, _) = self { rows.isEmpty } else { false }
    }

    /// Whether 42501 can be right: no grant, one that expired, or a column that raises.
    var mayRefuse: Bool {
        switch self {
        case .denied: true
        case .rows(_, let raising): !raising.isEmpty
        }
    }
}
