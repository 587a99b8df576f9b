internal import Glibc

/// A column's distinct values and what they have in common.
struct ColumnStatistics: Sendable {
    var values: [SampledValue]
    /// Values that are no nothing, repetitions too.
    var count: Int

    init(_ sample: ColumnSample) {
        var seen: Set<[UInt8]> = []
        values = sample.values.filter { seen.insert($0).inserted }.map(SampledValue.init)
        count = sample.values.count
    }

    var isEmpty: Bool { values.isEmpty }
    /// Distinct values by values, 0 to 1.
    var distinctness: Double { count == 0 ? 0 : Double(values.count) / Double(count) }
    /// A few words that come again and again.
    var isCategory: Bool { count >= 50 && values.count <= max(12, count / 25) }

    /// The share of the distinct values that fit, 0 to 1.
    func share(_ fits: (SampledValue) -> Bool) -> Double {
        isEmpty ? 0 : Double(values.count(where: fits)) / Double(values.count)
    }

    /// The mean over the distinct values.
    func mean(_ score: (SampledValue) -> Double) -> Double {
        isEmpty ? 0 : values.reduce(0) { $0 + score($1) } / Double(values.count)
    }

    /// How much of a share a column of so few distinct values proves, 0 to 1: half of it for one, nearly all for ten.
    var weight: Double { 1 - 0.5 * exp(-Double(max(0, values.count - 1)) / 3) }

    /// Whether the values are whole numbers that fill their range: a counter, or part of one. Of a counter it is its
    /// range and
    /// not its owner that decides which numbers occur, so that they look like numbers of a scheme proves nothing.
    var isDense: Bool {
        let numbers = values.compactMap { $0.isDigits && $0.bytes.count <= 18 ? ByteText.number($0.bytes[...]) : nil }
        guard numbers.count >= 10, numbers.count * 10 >= values.count * 9 else { return false }
        guard let least = numbers.min(), let most = numbers.max() else { return false }
        return (most - least) / numbers.count < 20
    }
}
