/// What a step reads, and where its connection leads: those two that go together.
public enum ConnectedSource: Sendable, Hashable {
    case file(FileSource, in: FileFolder)
    case remoteFile(FileSource, at: HTTPServerAddress)
    case table(TableSource, of: PostgresServer)

    /// `nil` when connections of that kind take another shape of `from`.
    public init?(_ from: SourceSpec, through config: ConnectionSpec.Config) {
        let source: ConnectedSource? =
            switch config {
            case .file(let folder): folder.source(from).map { .file($0, in: folder) }
            case .http(let server): server.source(from).map { .remoteFile($0, at: server) }
            case .postgres(let server): server.source(from).map { .table($0, of: server) }
            }
        guard let source else { return nil }
        self = source
    }
}

extension ConnectionConfig {
    fileprivate func source(_ from: SourceSpec) -> Source? { Source(from) }
}
