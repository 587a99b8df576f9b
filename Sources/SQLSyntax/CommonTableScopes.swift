/// Which names are common table expressions at a place of a statement: one scope per WITH clause, inside one another.
struct CommonTableScopes {
    typealias ID = Int

    private struct Scope {
        var outer: ID?
        /// Position of each name in its WITH clause.
        var names: [String: Int]
        /// Names at this position and after are not visible yet.
        var visible: Int
    }

    private var scopes: [Scope] = []

    /// A scope in which all of `names` are visible, and what is visible in `outer`.
    mutating func open(_ names: [String], within outer: ID?) -> ID {
        let positions = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        scopes.append(Scope(outer: outer, names: positions, visible: names.count))
        return scopes.count - 1
    }

    /// The same scope with only its first `count` names.
    mutating func narrow(_ scope: ID, to count: Int) -> ID {
        var narrowed = scopes[scope]
        narrowed.visible = count
        scopes.append(narrowed)
        return scopes.count - 1
    }

    func contains(_ name: String, from scope: ID?) -> Bool {
        var next = scope
        while let current = next {
            if let position = scopes[current].names[name], position < scopes[current].visible { return true }
            next = scopes[current].outer
        }
        return false
    }
}
