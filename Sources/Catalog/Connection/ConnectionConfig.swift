public import JSON

/// Where the connections of one kind lead: what `config` says of it, and what is read there.
public protocol ConnectionConfig: Sendable, Hashable {
    /// What a step's `from` names there: only its shape is taken.
    associatedtype Source: ShapedSource
    /// The names of what a secret may have.
    static var secretNames: [String] { get }

    init(_ fields: inout JSONFields)
    var json: JSONValue { get }
}

extension ConnectionConfig {
    static var shape: SourceShape { Source.shape }
}
