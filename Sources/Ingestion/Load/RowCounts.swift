public import JSON

/// What became of the rows of a load or a run: read = written + unchanged + quarantined + dropped.
public struct RowCounts: Sendable, Equatable {
    public var read = 0
    /// Those that came into the dataset, or changed what it has.
    public var written = 0
    /// Those that the dataset already has as they came, or that another row of the same unit supersedes.
    public var unchanged = 0
    /// Those kept aside with the reason.
    public var quarantined = 0
    /// Those that a check lets go.
    public var dropped = 0
    /// Written although an expectation warned of them.
    public var warned = 0

    public init(read: Int = 0, written: Int = 0) {
        self.read = read
        self.written = written
    }

    public var body: JSONValue {
        [
            "read": JSONValue(read), "written": JSONValue(written), "unchanged": JSONValue(unchanged),
            "quarantined": JSONValue(quarantined), "dropped": JSONValue(dropped), "warned": JSONValue(warned),
        ]
    }
}
