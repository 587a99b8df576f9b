public import Catalog
public import EventLoop
public import JSON
internal import Postgres

/// Answers questions about a connection's source, under the same rules as loading from it.
///
/// For a job process: it reads what others wrote, and blocks.
public struct SourceProbe: Sendable {
    /// How long a connection may take, and the other server then to say something.
    static let patience = Duration.seconds(8)

    private let config: ConnectionSpec.Config
    private let access: SourceAccess
    private let group: EventLoopGroup

    public init(_ config: ConnectionSpec.Config, with access: SourceAccess, group: EventLoopGroup) {
        self.config = config
        self.access = access
        self.group = group
    }

    // MARK: Does it work?

    /// Looks at one thing after the other, up to the first that fails.
    public func test() async -> (checks: [ConnectionCheck], failure: SourceFailure?) {
        var checks: [ConnectionCheck] = []
        do throws(SourceFailure) {
            switch config {
            case .file(let folder): try test(folder, &checks)
            case .postgres(let server): try await test(server, &checks)
            case .http(let address): try await test(address, &checks)
            }
            return (checks, nil)
        } catch {
            return (checks, error)
        }
    }

    private func test(_ folder: FileFolder, _ checks: inout [ConnectionCheck]) throws(SourceFailure) {
        let page: SourcePage
        do throws(SourceFailure) {
            page = try access.bounds.browser(of: folder).page(
                SourcePlace(connection: "", path: "", after: nil, limit: 1000))
            // A file answers with itself.
            if page.items.first?.path == "" {
                throw SourceFailure(
                    .sourceUnreadable, "\(folder.path) is a file", hint: "A connection leads to the folder it is in.")
            }
        } catch { throw checks.fail("folder", error) }
        checks.pass("folder", "\(folder.path) can be read")
        let count = page.next == nil ? "\(page.items.count)" : "more than \(page.items.count)"
        checks.pass("entries", "it has \(count) files and folders")
    }

    private func test(_ address: HTTPServerAddress, _ checks: inout [ConnectionCheck]) async throws(SourceFailure) {
        let server: WebServer
        do throws(SourceFailure) { server = try await find(address) } catch { throw checks.fail("address", error) }
        checks.pass("address", "\(address.host) has an address that connections may use")
        try WebProbe(server: server, address: address).test(&checks)
    }

    private func test(_ server: PostgresServer, _ checks: inout [ConnectionCheck]) async throws(SourceFailure) {
        let database: RemoteDatabase
        do throws(SourceFailure) { database = try await find(server) } catch { throw checks.fail("address", error) }
        checks.pass("address", "\(server.host) has an address that connections may use")
        let connection: Connection
        do throws(SourceFailure) {
            connection = try await database.connect(
                on: group.loops[0], blocking: group.blocking, patience: Self.patience, silence: Self.patience)
        } catch {
            // libpq does all in one; what the server said tells how far that came.
            if error.code == .sourceUnavailable { throw checks.fail("connect", error) }
            checks.pass("connect", "\(database.server) answers")
            if error.code == .sourceForbidden { throw checks.fail("login", error) }
            checks.pass("login", "\(server.user) may log in")
            throw checks.fail("database", error)
        }
        checks.pass("connect", "\(database.server) answers")
        checks.pass("login", "\(server.user) may log in")
        checks.pass("database", "there is a database \(server.database)")
        do throws(SourceFailure) {
            try await test(database, connection, server, &checks)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func test(
        _ database: RemoteDatabase, _ connection: Connection, _ server: PostgresServer,
        _ checks: inout [ConnectionCheck]
    ) async throws(SourceFailure) {
        do throws(SourceFailure) { try await database.requireAnother(connection) } catch {
            throw checks.fail("identity", error)
        }
        checks.pass("identity", "it is another server than this platform's own")
        let browser = DatabaseBrowser(connection: connection, name: "", server: database.server, user: server.user)
        do throws(SourceFailure) {
            let counts = try await browser.counts()
            guard counts.readable > 0 || counts.all == 0 else {
                throw SourceFailure(
                    .sourceForbidden, "user \(server.user) may select none of the tables and views",
                    hint: "Grant it USAGE on their schema and SELECT on those that are to be loaded.")
            }
            let count = counts.readable < 1000 ? "\(counts.readable)" : "a thousand or more"
            checks.pass("tables", "\(server.user) may select \(count) tables and views")
        } catch { throw checks.fail("tables", error) }
    }

    // MARK: What is there?

    /// A page of what there is at `place`.
    public func page(_ place: SourcePlace) async throws(SourceFailure) -> SourcePage {
        switch config {
        case .file(let folder): return try access.bounds.browser(of: folder).page(place)
        case .http(let address): return try WebProbe(server: await find(address), address: address).page(place)
        case .postgres(let server):
            return try await withSession(server) { (database, connection) async throws(SourceFailure) in
                try await DatabaseBrowser(
                    connection: connection, name: place.connection, server: database.server, user: database.options.user
                ).page(place)
            }
        }
    }

    /// The one file or table of `from`, with the columns that a pipeline would take from it.
    public func inspect(_ from: JSONObject) async throws -> SourcePage {
        var from = from
        if let path = from[SourceShape.file.member]?.stringValue {
            try await FileGuess(open: open).complete(&from, path: path)
        }
        let source: SourceSpec
        do { source = try SourceSpec.parse(.object(from)) } catch { throw Refusal(error) }
        let place = SourcePlace(connection: source.connection, path: source.path, after: nil, limit: 1)
        var page = try await page(place)
        guard var item = page.items.first else {
            throw SourceFailure(.sourceUnreadable, "there is nothing at \(source.path)")
        }
        guard item.kind != .folder, item.path == source.path else {
            throw SourceFailure(.sourceRefused, "\(source.path) is a folder", hint: "Inspect one of its files.")
        }
        if case .file(let file) = source {
            let reader = try SourceReader(file, try await open(file.path))
            item.from = source
            item.columns = try await Inspection.columns(of: reader).map { DeclaredColumn(name: $0.name, type: $0.type) }
        }
        page = SourcePage()
        _ = page.append(item)
        return page
    }

    private func open(_ path: String) async throws(SourceFailure) -> any StoredInput {
        switch config {
        case .file(let folder): return try access.bounds.fileRoots.open(path, in: access.bounds.place(folder))
        case .http(let address): return try await find(address).open(path)
        case .postgres: throw SourceFailure(.sourceUnreadable, "the connection is to a database, which has no files")
        }
    }

    private func find(_ address: HTTPServerAddress) async throws(SourceFailure) -> WebServer {
        try await WebServer.find(
            address, token: access.secret?["token"], access.bounds.addressPolicy, blocking: group.blocking,
            patience: (Self.patience, Self.patience))
    }

    private func find(_ server: PostgresServer) async throws(SourceFailure) -> RemoteDatabase {
        try await RemoteDatabase.find(
            server, password: access.secret?["password"], access.bounds.addressPolicy, blocking: group.blocking)
    }

    private func withSession<T>(
        _ server: PostgresServer, _ body: (RemoteDatabase, Connection) async throws(SourceFailure) -> T
    ) async throws(SourceFailure) -> T {
        let database = try await find(server)
        let connection = try await database.connect(
            on: group.loops[0], blocking: group.blocking, patience: Self.patience, silence: Self.patience)
        do throws(SourceFailure) {
            try await database.requireAnother(connection)
            let value = try await body(database, connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}

extension [ConnectionCheck] {
    mutating func pass(_ name: String, _ detail: String) {
        append(ConnectionCheck(name: name, isPassed: true, detail: detail))
    }

    /// Notes what failed, and returns it.
    mutating func fail(_ name: String, _ failure: SourceFailure) -> SourceFailure {
        append(ConnectionCheck(name: name, isPassed: false, detail: failure.detail))
        return failure
    }
}
