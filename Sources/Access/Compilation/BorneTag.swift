/// A tag that a column bears, by itself or through what it lies in.
struct BorneTag: Sendable, Hashable {
    /// What the tag was put on.
    enum Bearer: String, Sendable {
        case column, dataset, domain
    }

    var name: String
    var bearer: Bearer

    init(_ name: String, on bearer: Bearer = .column) {
        self.name = name
        self.bearer = bearer
    }

    /// Whether a rule on `tag` concerns what bears this one: `pii` covers `pii` and `pii.*`.
    func isCovered(by tag: String) -> Bool { name == tag || name.hasPrefix(tag + ".") }
}

extension [BorneTag] {
    /// Whether one of them is `tag` or below it.
    func areCovered(by tag: String) -> Bool { contains { $0.isCovered(by: tag) } }
}
