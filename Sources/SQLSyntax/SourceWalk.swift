/// Collects where relations stand in FROM, and which of them a `*` reads whole.
struct SourceWalk {
    private var places: [(source: ReadingStatement.Source, location: Int)] = []
    /// Locations of the relations that a `*` of their own SELECT stands for.
    private var starred: Set<Int> = []
    /// `*` as items of SELECT, and as whatever it may be: where there are more of these, one is read that is not understood.
    private var selectedStars = 0
    private var stars = 0
    private var renames = false

    var hidesColumns: Bool { renames || stars > selectedStars }

    var found: [ReadingStatement.Source] {
        places.map { place in
            var source = place.source
            source.isWhole = source.isWhole || starred.contains(place.location)
            return source
        }
    }

    mutating func add(_ relation: ReadingStatement.Relation, _ node: SyntaxNode, at location: Int) {
        let alias = node["alias"]
        places.append(
            (
                ReadingStatement.Source(
                    relation: relation, alias: alias?["aliasname"]?.text,
                    // Its columns have other names from here on.
                    isWhole: alias?["colnames"] != nil),
                location
            ))
    }

    mutating func meetStar() { stars += 1 }

    /// A `*` among the items of a SELECT reads all that stands in its FROM, itself or joined.
    mutating func meet(select: SyntaxNode) {
        let count = (select["targetList"].map { Array($0.children) } ?? []).count { item in
            let fields = item.fields(of: "ResTarget")?["val"]?.fields(of: "ColumnRef")?["fields"]
            return fields.map { Array($0.children) }.map { $0.count == 1 && $0[0].fields(of: "A_Star") != nil } ?? false
        }
        guard count > 0, let from = select["fromClause"] else {
            selectedStars += count
            return
        }
        selectedStars += count
        var pending = Array(from.children)
        while let item = pending.popLast() {
            if let relation = item.fields(of: "RangeVar") {
                starred.insert(relation["location"]?.integer ?? -1)
            } else if let sample = item.fields(of: "RangeTableSample") {
                pending += [sample["relation"]].compactMap(\.self)
            } else if let join = item.fields(of: "JoinExpr") {
                pending += [join["larg"], join["rarg"]].compactMap(\.self)
            }
        }
    }

    /// Returns the columns that `USING` names.
    mutating func meet(join: SyntaxNode) -> [String] {
        if join["isNatural"] != nil || join["alias"] != nil { renames = true }
        return (join["usingClause"].map { Array($0.children) } ?? []).compactMap {
            $0.fields(of: "String")?["sval"]?.text
        }
    }
}
