/// What one pull from a `RecordPipeline` gives: rows for COPY, and the records that are none.
///
/// Kept by who pulls, so that its memory is used again.
public struct CopyBatch: Sendable {
    /// Whole rows in `COPY … FROM STDIN` text format, in the order of the plan's target columns; behind an ordinal
    /// and a tab when the plan asks for it. About 64 KiB, more when one row is larger.
    public internal(set) var bytes: [UInt8] = []
    /// In the order of the source; at most about 4 MiB of bytes in them, more when one record is larger.
    public internal(set) var quarantined: [QuarantinedRow] = []
    /// Where the rows of `bytes` began, by their number in `bytes` from 0: tells what a failed COPY was about.
    public internal(set) var lines = RowLines()

    public init() {}

    /// Rows in `bytes`.
    public var rows: Int { lines.count }

    mutating func clear() {
        // One huge row must not pin its memory for the rest of the unit.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
        quarantined.removeAll(keepingCapacity: quarantined.capacity <= 1024)
        lines.forget()
    }
}

/// What became of a source's records up to now: `read` = `accepted` + `quarantined` + `dropped`.
public struct RecordCounts: Sendable, Hashable {
    public var read = 0
    /// Those given as rows.
    public var accepted = 0
    /// Those kept aside with the reason.
    public var quarantined = 0
    /// Those that a check lets go.
    public var dropped = 0
    /// Accepted although a check warns of them.
    public var warned = 0
    /// By the name of each check, how many records it was that failed; a record may fail several.
    public var failedChecks: [String: Int] = [:]

    public init() {}
}
