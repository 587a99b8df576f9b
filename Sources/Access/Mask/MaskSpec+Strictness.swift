extension MaskSpec: Comparable {
    /// Orders strictest first: by kind as api.md lists them, within a kind the one that shows less.
    public static func < (left: MaskSpec, right: MaskSpec) -> Bool {
        if left.rank != right.rank { return left.rank < right.rank }
        switch (left, right) {
        case (.showFirst(let shown), .showFirst(let other)), (.showLast(let shown), .showLast(let other)):
            return shown < other
        case (.round(let multiple), .round(let other)):
            // The coarser one shows less; equal numbers in different spelling are ordered by spelling, to be total.
            let (size, otherSize) = (Double(multiple) ?? 0, Double(other) ?? 0)
            return size == otherSize ? multiple < other : size > otherSize
        case (.fixed(let value), .fixed(let other)):
            return value < other
        default:
            return false
        }
    }

    private var rank: Int {
        switch self {
        case .nullify: 0
        case .fixed: 1
        case .alphanum: 5
        case .round: 6
        case .year: 7
        case .month: 8
        case .email: 9
        case .showLast: 10
        case .showFirst: 11
        }
    }
}
