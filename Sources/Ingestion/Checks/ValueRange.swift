/// Bounds of a column's values, both included.
final class ValueRange: ValueRule {
    private let order: ValueOrder
    private let min: ComparableValue?
    private let max: ComparableValue?

    init(order: ValueOrder, min: ComparableValue?, max: ComparableValue?) {
        self.order = order
        self.min = min
        self.max = max
    }

    override func accepts(_ text: Span<UInt8>) -> Bool {
        if order == .text {
            if case .text(let min)? = min, text.comparison(with: min) < 0 { return false }
            if case .text(let max)? = max, text.comparison(with: max) > 0 { return false }
            return true
        }
        guard let value = order.read(text) else { return false }
        if let min, value.comparison(with: min) < 0 { return false }
        if let max, value.comparison(with: max) > 0 { return false }
        return true
    }
}

/// Some values of a column. O(log n) per look-up.
final class ValueSet: ValueRule {
    private let order: ValueOrder
    private let members: [ComparableValue]

    init(order: ValueOrder, _ members: [ComparableValue]) {
        self.order = order
        self.members = members.sorted { $0.comparison(with: $1) < 0 }
    }

    override func accepts(_ text: Span<UInt8>) -> Bool {
        if order == .text {
            return search { if case .text(let member) = $0 { text.comparison(with: member) } else { -1 } }
        }
        guard let value = order.read(text) else { return false }
        return search { value.comparison(with: $0) }
    }

    private func search(_ comparison: (ComparableValue) -> Int) -> Bool {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            let result = comparison(members[middle])
            if result == 0 { return true }
            if result < 0 { high = middle } else { low = middle + 1 }
        }
        return false
    }
}
