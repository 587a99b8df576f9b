public import JSON

/// Where the connections of one kind lead: what `config` says of it, and what is read there.
public protocol ConnectionConfig: Sendable, Hashable {
    /// What a step's `from` names there: only its shape is taken.
    associatedtype Source: ShapedSource
    /// The names of what a secret may have.
    static var secretNames: [String] { get }

    init(_ fields: inout JSONFields)
    var json: JSONValue { get }

    /// What is wrong with a value of a secret; quotes nothing of it. `nil`: nothing.
    static func fault(inSecret name: String, _ value: String) -> String?
    /// What a step may not read there, whatever is there, and which member of `from` says so; `nil`: it may.
    static func fault(in source: Source) -> (member: String, detail: String)?
}

extension ConnectionConfig {
    static var shape: SourceShape { Source.shape }

    public static func fault(inSecret name: String, _ value: String) -> String? { nil }
    public static func fault(in source: Source) -> (member: String, detail: String)? { nil }

    static func fault(in from: SourceSpec) -> (member: String, detail: String)? {
        Source(from).flatMap { fault(in: $0) }
    }
}
