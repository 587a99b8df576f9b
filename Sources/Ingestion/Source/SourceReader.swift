public import Catalog
public import EventLoop
internal import Postgres

/// An opened source of records: read once, either by `Inspection` or by a `RecordPipeline`. For one task.
public final class SourceReader {
    /// As messages and quarantined rows call it: the file's path, or the table's name.
    public let name: String
    let kind: Kind

    enum Kind {
        case file(FileSource, any ByteInput, FileInput)
        case table(TableReader)
    }

    init(name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// Opens a file below the roots. Reading it blocks the calling thread, now and later.
    ///
    /// - Parameter folder: The connection's, absolute, which the file's path is relative to.
    public static func open(
        _ file: FileSource, folder: String, roots: FileRoots
    ) throws(SourceFailure) -> SourceReader {
        let plain = try roots.open(file.path, in: folder)
        let input: any ByteInput =
            switch file.compression {
            case .none: plain
            case .gzip: try GzipInput(plain)
            case .zstd: try ZstdInput(plain)
            }
        return SourceReader(name: file.path, .file(file, input, plain))
    }

    /// Opens a table of another database: its rows as they are at this moment, however long reading them takes.
    ///
    /// - Parameters:
    ///   - loop: Where its sessions live; the caller is on it.
    ///   - blocking: Where names are looked up.
    public static func open(
        _ table: PostgresSource, server: PostgresServer, password: String?, policy: AddressPolicy, on loop: EventLoop,
        blocking: BlockingPool
    ) async throws(SourceFailure) -> SourceReader {
        let database = try await RemoteDatabase.find(server, password: password, policy, blocking: blocking)
        let reader = try await TableReader.open(
            table, database.options, server: database.server, ownSystemIdentifier: database.ownSystemIdentifier,
            on: loop, blocking: blocking)
        return SourceReader(name: "\(table.schema).\(table.table)", .table(reader))
    }

    /// Ends its sessions, if it has any. At the end of a table that has happened already.
    public func close() async {
        if case .table(let reader) = kind { await reader.close() }
    }
}
