/// The shapes that a step's `from` may have. Which of them goes with a kind of connection is said by that kind's
/// ``ConnectionConfig``.
public enum SourceShape: Sendable, CaseIterable {
    // In this order they are looked for: a file is what has no other's member.
    case table, file

    /// The member of `from` that tells it: what names the thing in its source.
    public var member: String {
        switch self {
        case .table: "table"
        case .file: "path"
        }
    }
}

/// What a `from` of one shape names.
public protocol ShapedSource: Sendable, Hashable {
    /// `nil` when `from` has another shape.
    init?(_ from: SourceSpec)
    static var shape: SourceShape { get }
}
