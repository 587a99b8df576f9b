/// What the values of a column say, before its name is asked.
struct Finding: Sendable {
    /// How sure the values alone make it, 0 to 1.
    var confidence: Double
    /// Of the distinct values, those that match, 0 to 1.
    var share: Double
    /// In words of `Evidence.recogniser`.
    var recogniser: String
}

/// Judges the values of a column for one entity.
protocol Recogniser: Sendable {
    var entity: Entity { get }

    /// What the values say by themselves; `nil`: nothing.
    func find(in column: ColumnStatistics) -> Finding?

    /// How well the values could be the entity if the column's name says that they are, 0 to 1: their mere form.
    func plausibility(of column: ColumnStatistics) -> Double
}

/// A recogniser that decides value by value, with a form that hardly anything else has.
protocol ValueRecogniser: Recogniser {
    /// As `Finding.recogniser` has it.
    var name: String { get }
    func matches(_ value: SampledValue) -> Bool
}

extension ValueRecogniser {
    func find(in column: ColumnStatistics) -> Finding? {
        let share = column.share(matches)
        guard share > 0 else { return nil }
        return Finding(confidence: Self.confidence(share) * column.weight, share: share, recogniser: name)
    }

    func plausibility(of column: ColumnStatistics) -> Double { min(1, column.share(matches) * 3) }

    /// Half of the values are enough; below, dirt that no longer is a column's content.
    static func confidence(_ share: Double) -> Double { min(0.98, share * 1.5) }
}
