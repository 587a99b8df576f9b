/// What a column most probably holds, and why.
public struct Verdict: Sendable, Equatable {
    public var entity: Entity
    /// 0.5 to 1; below, there is no verdict.
    public var confidence: Double
    public var evidence: Evidence
}

/// What speaks for a verdict; never a value of the column.
public struct Evidence: Sendable, Equatable {
    /// Of the distinct values in the sample, those that the recogniser knows as such, 0 to 1.
    public var share: Double
    /// Distinct values in the sample.
    public var valueCount: Int
    /// `national id: AT Sozialversicherungsnummer`; `nil`: the values alone say nothing.
    public var recogniser: String?
    /// The words of the column's name that say it: `birth date`; `nil`: the name says nothing.
    public var nameRule: String?
}
