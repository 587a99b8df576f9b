/// What a JSON document may cost.
public struct JSONLimits: Sendable, Hashable {
    /// Bytes of the whole document.
    public var maxBytes: Int
    /// Containers that may enclose a value, at most 512: reading uses stack for each.
    public var maxDepth: Int

    /// 4 MiB and 64 levels.
    public static let standard = JSONLimits()

    public init(maxBytes: Int = 4 << 20, maxDepth: Int = 64) {
        precondition(maxBytes >= 0 && (0...512).contains(maxDepth), "limits out of range")
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
    }
}
