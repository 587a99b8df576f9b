extension MaskKind: Comparable {
    /// Whether a mask of the one kind is stricter than any of the other: it stands before it.
    public static func < (left: MaskKind, right: MaskKind) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.endIndex }
}

extension MaskSpec: Comparable {
    /// Orders strictest first: by kind, and within a kind the one that shows less.
    public static func < (left: MaskSpec, right: MaskSpec) -> Bool {
        left.kind == right.kind ? left.shown < right.shown : left.kind < right.kind
    }

    /// How much a mask shows beside others of its kind. Of two that show as much somebody has to be first: the spelling
    /// makes the order total.
    private var shown: (much: Double, spelling: String) {
        switch parameter {
        case nil: (0, "")
        case .value(let text)?, .tokenDomain(let text)?, .expression(let text)?: (0, text)
        // The coarser one shows less.
        case .multiple(let text)?: (-(Double(text) ?? 0), text)
        case .count(let number)?: (Double(number), "")
        }
    }
}
