public import Catalog

/// What a connection's source is opened with.
public struct SourceAccess: Sendable {
    public var secret: ConnectionSecret?
    public var bounds: SourceBounds

    public init(secret: ConnectionSecret?, bounds: SourceBounds) {
        self.secret = secret
        self.bounds = bounds
    }
}
