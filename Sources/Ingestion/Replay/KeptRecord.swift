/// A record of quarantine, as it came.
struct KeptRecord: Sendable {
    var id: Int64
    /// The run that read it.
    var run: Int64
    var source: String
    var line: Int
    var byteOffset: Int
    var bytes: [UInt8]

    /// As messages call it.
    var place: String { "\(source) of run \(run), line \(line)" }
}

/// What becomes of a record that is read again.
enum ReplayOutcome {
    /// A row has been appended.
    case row
    /// It stays where it is, for this.
    case kept(rule: String, column: String?, error: String)
    /// A check drops it.
    case dropped
}
