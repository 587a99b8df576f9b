/// What a connection leads to.
public enum ConnectionKind: String, Sendable, CaseIterable {
    case file, postgres

    /// The kinds that the contract names, whether this version has them or not.
    static let ofTheContract = ["file", "postgres", "http", "mysql", "mongodb", "s3", "kafka", "singer"]

    /// What its `config` is read as.
    private var config: any ConnectionConfig.Type {
        switch self {
        case .file: FileFolder.self
        case .postgres: PostgresServer.self
        }
    }

    /// The shape that a step's `from` must have to read through it.
    public var shape: SourceShape { config.shape }

    /// The names of what its secret may have.
    public var secretNames: [String] { config.secretNames }
}
