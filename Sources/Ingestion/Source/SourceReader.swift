public import Catalog
public import EventLoop
internal import Postgres

/// An opened source of records: read once, either by `Inspection` or by a `RecordPipeline`. For one task.
public final class SourceReader {
    /// As messages and quarantined rows call it: the file's path, or the table's name.
    public let name: String
    /// What another opening must have, too, to be of the same bytes; `nil`: nothing tells, as of a table, whose rows are
    /// those of one moment.
    public let identity: String?
    let kind: Kind

    enum Kind {
        case file(FileSource, any ByteInput)
        case table(TableReader)
    }

    init(name: String, identity: String? = nil, _ kind: Kind) {
        self.name = name
        self.identity = identity
        self.kind = kind
    }

    /// Reads a file that has been opened, from its beginning.
    convenience init(_ file: FileSource, _ stored: any StoredInput) throws(SourceFailure) {
        self.init(
            name: file.path, identity: stored.identity, .file(file, try stored.decompressed(file.compression)))
    }

    /// Opens what a step reads. Reading a file blocks the calling thread, now and later.
    ///
    /// - Parameter group: Sessions with a database live on its first loop, which the caller is on; its blocking pool looks
    ///   names up.
    public static func open(
        _ source: ConnectedSource, with access: SourceAccess, group: EventLoopGroup
    ) async throws(SourceFailure) -> SourceReader {
        let bounds = access.bounds
        switch source {
        case .file(let file, let folder):
            return try open(file, folder: bounds.place(folder), roots: bounds.fileRoots)
        case .remoteFile(let file, let server):
            let found = try await WebServer.find(
                server, token: access.secret?["token"], bounds.addressPolicy, blocking: group.blocking)
            return try SourceReader(file, found.open(file.path))
        case .table(let table, let server):
            return try await open(
                table, server: server, password: access.secret?["password"], policy: bounds.addressPolicy,
                on: group.loops[0], blocking: group.blocking)
        }
    }

    /// Opens a file below the roots. Reading it blocks the calling thread, now and later.
    ///
    /// - Parameter folder: The connection's, absolute, which the file's path is relative to.
    public static func open(
        _ file: FileSource, folder: String, roots: FileRoots
    ) throws(SourceFailure) -> SourceReader {
        try SourceReader(file, try roots.open(file.path, in: folder))
    }

    /// Opens a table of another database: its rows as they are at this moment, however long reading them takes.
    ///
    /// - Parameters:
    ///   - loop: Where its sessions live; the caller is on it.
    ///   - blocking: Where names are looked up.
    private static func open(
        _ table: TableSource, server: PostgresServer, password: String?, policy: AddressPolicy, on loop: EventLoop,
        blocking: BlockingPool
    ) async throws(SourceFailure) -> SourceReader {
        let database = try await RemoteDatabase.find(server, password: password, policy, blocking: blocking)
        let reader = try await TableReader.open(
            table, database.options, server: database.server, ownSystemIdentifier: database.ownSystemIdentifier,
            on: loop, blocking: blocking)
        return SourceReader(name: table.path, .table(reader))
    }

    /// Moves a file's reading to `offset`, after decompression; what cannot seek is read up to there.
    ///
    /// - Throws: Also when the file ends before.
    func skip(to offset: Int) throws(SourceFailure) {
        guard case .file(_, let input) = kind else { return }
        if let file = input as? any SeekableInput { return try file.seek(to: offset) }
        var left = offset
        var buffer = [UInt8](repeating: 0, count: ByteWindow.readBytes)
        while left > 0 {
            var failure: SourceFailure?
            let count = buffer.withUnsafeMutableBytes { bytes in
                let room = UnsafeMutableRawBufferPointer(rebasing: bytes[..<min(left, bytes.count)])
                do throws(SourceFailure) { return try input.read(into: room) } catch {
                    failure = error
                    return 0
                }
            }
            if let failure { throw failure }
            guard count > 0 else {
                throw SourceFailure(
                    .malformedSource, "\(name) ends before byte \(offset), up to which it was read before")
            }
            left -= count
        }
    }

    /// Ends its sessions, if it has any. At the end of a table that has happened already.
    public func close() async {
        if case .table(let reader) = kind { await reader.close() }
    }
}
