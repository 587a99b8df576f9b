public import JSON

/// A pipeline as a run remembers it: its spec of the moment is kept, so an edit does not reach runs under way.
public struct PipelineRef: Sendable, Hashable {
    /// In `warehouse`.
    public var id: Int64
    /// `domain.name`.
    public var address: String
    /// Of the domain it belongs to: who may see its runs, and among whom the queue is fair.
    public var domainID: Int64
    /// Normalised, as `sluice.pipeline.spec` holds it.
    public var spec: JSONValue

    public init(id: Int64, address: String, domainID: Int64, spec: JSONValue) {
        self.id = id
        self.address = address
        self.domainID = domainID
        self.spec = spec
    }
}
