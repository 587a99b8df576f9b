public import Catalog

/// What a connection's source is opened with.
public struct SourceAccess: Sendable {
    /// `nil` of a connection without one.
    public var secret: ConnectionSecret?
    public var bounds: SourceBounds

    public init(secret: ConnectionSecret?, bounds: SourceBounds) {
        self.secret = secret
        self.bounds = bounds
    }
}
