public import Catalog

/// What records are to become.
public struct RecordPlan: Sendable {
    /// The dataset's columns that are written, in the order of the COPY.
    public var target: [TargetColumn]
    /// The step's `columns`: those that the source must have, in its order; `nil`: whatever it has.
    public var declared: [DeclaredColumn]?
    public var checks: [CheckSpec]
    public var onTypeError: TypeErrorPolicy
    /// What becomes of a column of the source that is none of `target`. With `add` the dataset should have it by now:
    /// the source has changed since it was inspected, and another attempt inspects it again.
    public var onNewColumn: NewColumnPolicy
    /// By their first lines, records that look right and that the database refuses: they are quarantined for that.
    public var refused: [Int: RowFault] = [:]
    /// Whether each row begins with the number of its record, from 1, and a tab.
    public var hasOrdinal: Bool

    public init(
        target: [TargetColumn], declared: [DeclaredColumn]? = nil, checks: [CheckSpec] = [],
        onTypeError: TypeErrorPolicy = .quarantine, onNewColumn: NewColumnPolicy = .add, hasOrdinal: Bool = false
    ) {
        self.target = target
        self.declared = declared
        self.checks = checks
        self.onTypeError = onTypeError
        self.onNewColumn = onNewColumn
        self.hasOrdinal = hasOrdinal
    }
}
