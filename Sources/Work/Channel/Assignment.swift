public import Catalog
public import Ingestion
public import JSON

/// What a job process is to do: the one line it reads. It holds secrets, so it is never logged.
public struct Assignment: Sendable {
    /// What is to be done with the source.
    public enum Kind: String, Sendable, CaseIterable, JSONFieldWord {
        /// Find out the source's columns. No session with the warehouse.
        case inspect
        /// Load the unit into its dataset.
        case load
        /// Read the dataset's quarantine again. No source.
        case replay
    }

    public var kind: Kind
    /// The pipeline's spec as the run remembers it, and which of its steps this is.
    public var spec: PipelineSpec
    public var step: StepSpec
    /// What the source is read through; `nil` for `replay`.
    public var connection: ConnectionSpec?
    /// What the source is opened with; `nil` when the connection has none.
    public var secret: ConnectionSecret?
    public var bounds: SourceBounds
    /// For `load` and `replay`.
    public var target: Target?

    public init(
        kind: Kind, spec: PipelineSpec, step: StepSpec, connection: ConnectionSpec?, secret: ConnectionSecret?,
        bounds: SourceBounds, target: Target? = nil
    ) {
        self.kind = kind
        self.spec = spec
        self.step = step
        self.connection = connection
        self.secret = secret
        self.bounds = bounds
        self.target = target
    }

    /// The line, without its end.
    func line() -> [UInt8] {
        let document: JSONValue = [
            "kind": .string(kind.rawValue), "spec": spec.json, "step": .string(step.name),
            "connection": connection?.json ?? .null, "secret": secret?.json ?? .null, "bounds": bounds.json,
            "target": target?.json ?? .null,
        ]
        return document.encoded()
    }

    /// Reads what ``line()`` wrote.
    init(line: [UInt8]) throws {
        let document = try JSONValue.parse(line)
        spec = try PipelineSpec.parse(document["spec"] ?? .null)
        connection = try document["connection"].flatMap { $0.isNull ? nil : try ConnectionSpec.parse($0) }
        secret = try document["secret"].flatMap { $0.isNull ? nil : try ConnectionSecret(opened: $0) }
        let (kind, name, bounds, target) = try JSONFields.read(document) { fields in
            for name in ["spec", "connection", "secret"] { _ = fields.raw(name) }
            return (
                fields.required("kind", as: Kind.self), fields.required("step", as: String.self),
                fields.object("bounds") { SourceBounds(&$0) }, fields.optionalObject("target") { Target(&$0) }
            )
        }
        guard let step = spec.steps.first(where: { $0.name == name }) else {
            throw Refusal(.notFound, "the pipeline has no step \(name)")
        }
        (self.kind, self.step, self.bounds, self.target) = (kind, step, bounds, target)
    }
}
