/// What a connection leads to.
public enum ConnectionKind: String, Sendable, CaseIterable {
    case file, postgres, http

    /// The kinds that the contract names, whether this version has them or not.
    static let ofTheContract = ["file", "postgres", "http", "mysql", "mongodb", "s3", "kafka", "singer"]

    /// What its `config` is read as.
    private var config: any ConnectionConfig.Type {
        switch self {
        case .file: FileFolder.self
        case .postgres: PostgresServer.self
        case .http: HTTPServerAddress.self
        }
    }

    /// The shape that a step's `from` must have to read through it.
    public var shape: SourceShape { config.shape }

    /// The names of what its secret may have.
    public var secretNames: [String] { config.secretNames }

    /// What is wrong with a value of its secret; quotes nothing of it. `nil`: nothing.
    func fault(inSecret name: String, _ value: String) -> String? { config.fault(inSecret: name, value) }

    /// What a step may not read through it, whatever is there, and which member of `from` says so; `nil`: it may, or it
    /// has another shape.
    public func fault(in from: SourceSpec) -> (member: String, detail: String)? { config.fault(in: from) }
}
