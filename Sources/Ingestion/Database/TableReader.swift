internal import Catalog
internal import EventLoop
internal import Postgres

/// Reads a table of another database once, as it was at one moment: several sessions share one snapshot and read
/// ranges of its blocks, each as COPY text. For one task.
final class TableReader {
    let description: TableDescription
    private let name: String
    private let table: String
    private let connect: () async throws(SourceFailure) -> Connection
    /// Of the exported snapshot; whoever reads with it needs the first session to be in its transaction.
    private let snapshot: String?
    private var expressions: [String] = []
    private var ranges: [Range<Int>?] = []
    private var rangeCount = 0
    /// A session each; those that have nothing more to read are closed.
    private var lanes: [Lane]
    private var turn = 0
    private var isStarted = false

    private struct Lane {
        var connection: Connection
        var reader: CopyReader?
    }

    /// Sessions at most, and blocks in a range: 16 MiB of them.
    private static let maxLanes = 4
    private static let rangeBlocks = 2048
    /// How long the other database may say nothing.
    private static let silence = Duration.seconds(300)

    private init(
        _ description: TableDescription, name: String, table: String, snapshot: String?, first: Connection,
        connect: @escaping () async throws(SourceFailure) -> Connection
    ) {
        self.description = description
        self.name = name
        self.table = table
        self.snapshot = snapshot
        self.connect = connect
        lanes = [Lane(connection: first)]
    }

    /// Opens the first session and looks the table up.
    ///
    /// - Parameters:
    ///   - options: Whose address has been checked.
    ///   - ownSystemIdentifier: The cluster that must not be read.
    static func open(
        _ source: TableSource, _ options: ConnectionOptions, server: String, ownSystemIdentifier: String?,
        on loop: EventLoop, blocking: BlockingPool
    ) async throws(SourceFailure) -> TableReader {
        let database = RemoteDatabase(server: server, options: options, ownSystemIdentifier: ownSystemIdentifier)
        let connect: () async throws(SourceFailure) -> Connection = { () async throws(SourceFailure) in
            try await database.connect(on: loop, blocking: blocking)
        }
        let first = try await connect()
        do {
            try await database.requireAnother(first)
            return try await begin(source, first, server: server, user: options.user, connect)
        } catch {
            await first.close()
            throw error
        }
    }

    private static func begin(
        _ source: TableSource, _ first: Connection, server: String, user: String,
        _ connect: @escaping () async throws(SourceFailure) -> Connection
    ) async throws(SourceFailure) -> TableReader {
        let name = source.path
        do throws(PostgresError) {
            try await prepare(first)
            // A standby under an old release cannot: then one session reads alone.
            var snapshot: String?
            try await first.execute("SAVEPOINT before_export")
            do throws(PostgresError) {
                snapshot = try await first.query("SELECT pg_catalog.pg_export_snapshot()").first?.decode(at: 0)
            } catch  where error.code == .queryFailed {
                try await first.execute("ROLLBACK TO SAVEPOINT before_export")
            }
            guard
                let found = try await TableDescription.read(
                    schema: source.schema, table: source.table, on: first)
            else {
                throw PostgresError(code: .queryFailed, sqlState: "42P01", message: "")
            }
            guard found.mayRead else { throw PostgresError(code: .queryFailed, sqlState: "42501", message: "") }
            let table = "\(SQL.quoted(identifier: source.schema)).\(SQL.quoted(identifier: source.table))"
            return TableReader(found.0, name: name, table: table, snapshot: snapshot, first: first, connect: connect)
        } catch { throw SourceFailure(error, server: server, user: user, table: name) }
    }

    /// The settings of every session. Row security that would hide rows is an error instead: a part is no copy. Scans
    /// begin at the beginning, so that reading the table again gives the rows in the same order.
    private static func prepare(_ connection: Connection) async throws(PostgresError) {
        for statement: SQL in [
            "SET statement_timeout = 0", "SET lock_timeout = '30s'", "SET idle_in_transaction_session_timeout = 0",
            "SET row_security = off", "SET synchronize_seqscans = off", "SET TimeZone = 'UTC'",
            "SET extra_float_digits = 1",
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ] { try await connection.execute(statement) }
    }

    /// The share of the ranges that have been read.
    var progress: Double? { rangeCount > 0 ? 1 - Double(ranges.count + lanes.count) / Double(rangeCount + 1) : nil }

    /// Says what to read; to be called before `next`.
    func select(_ expressions: [String]) { self.expressions = expressions }

    /// The next rows as COPY text, whole ones, in no order; `nil` at the end.
    func next() async throws(SourceFailure) -> [UInt8]? {
        do throws(PostgresError) {
            if !isStarted { try await start() }
            while !lanes.isEmpty {
                turn = (turn + 1) % lanes.count
                if lanes[turn].reader == nil {
                    guard !ranges.isEmpty else {
                        await lanes.remove(at: turn).connection.close()
                        turn = 0
                        continue
                    }
                    let statement = statement(of: ranges.removeFirst())
                    lanes[turn].reader = try await lanes[turn].connection.beginCopyOut(statement, timeout: Self.silence)
                }
                if let rows = try await lanes[turn].reader?.next() { return rows.bytes }
                await lanes[turn].reader?.end()
                lanes[turn].reader = nil
            }
            return nil
        } catch {
            await close()
            throw SourceFailure(error, server: "the database of \(name)", user: "", table: name)
        }
    }

    /// Ends every session.
    func close() async {
        for lane in lanes { await lane.connection.close() }
        lanes = []
    }

    private func start() async throws(PostgresError) {
        isStarted = true
        ranges = [nil]
        if let blocks = description.blocks, blocks > Self.rangeBlocks, let snapshot {
            ranges = stride(from: 0, to: blocks, by: Self.rangeBlocks).map { $0..<min($0 + Self.rangeBlocks, blocks) }
            try await openLanes(min(Self.maxLanes, ranges.count), snapshot)
        }
        rangeCount = ranges.count
    }

    /// Opens further sessions; with fewer than wanted it goes more slowly, not worse.
    private func openLanes(_ count: Int, _ snapshot: String) async throws(PostgresError) {
        while lanes.count < count {
            let connection: Connection
            do { connection = try await connect() } catch { return }
            do throws(PostgresError) {
                try await Self.prepare(connection)
                let quoted = SQL(unsafe: SQL.quoted(literal: snapshot))
                try await connection.execute("SET TRANSACTION SNAPSHOT \(raw: quoted)")
            } catch {
                await connection.close()
                throw error
            }
            lanes.append(Lane(connection: connection))
        }
    }

    private func statement(of range: Range<Int>?) -> SQL {
        let list = expressions.isEmpty ? "NULL" : expressions.joined(separator: ", ")
        var select = "SELECT \(list) FROM \(table)"
        if let range {
            select += " WHERE ctid >= '(\(range.lowerBound),0)'::tid"
            // The last one is open: what was added meanwhile is not of the snapshot.
            if range.upperBound < description.blocks ?? 0 { select += " AND ctid < '(\(range.upperBound),0)'::tid" }
        }
        return SQL(unsafe: "COPY (\(select)) TO STDOUT")
    }
}

extension SourceFailure {
    /// What another database's refusal means. Its message is not passed on: it may quote values.
    ///
    /// - Parameters:
    ///   - server: As messages call it.
    ///   - table: `nil` while connecting.
    init(_ error: PostgresError, server: String, user: String, table: String?) {
        let state = error.sqlState.map { " (SQLSTATE \($0))" } ?? ""
        switch error.sqlState {
        case "28P01", "28000":
            self.init(
                .sourceForbidden, "\(server) does not let user \(user) in\(state)",
                hint: "Check the user and the password of the connection.")
        case "3D000":
            self.init(.sourceUnreadable, "\(server) has no such database\(state)", hint: "Check the connection.")
        case "42501":
            self.init(
                .sourceForbidden, "\(table ?? server) may not be read, or not all of its rows\(state)",
                hint: "Grant the connection's user SELECT on it; with row security also BYPASSRLS.")
        case "42P01", "3F000":
            self.init(.sourceUnreadable, "there is no table \(table ?? "")\(state)", hint: "Check the step's table.")
        case let code?
        where code.hasPrefix("08") || code.hasPrefix("57P") || code.hasPrefix("53") || code == "40001"
            || code == "55P03":
            self.init(.sourceUnavailable, "\(server) cannot be read at the moment\(state)", isRetryable: true)
        default:
            switch error.code {
            case .connectionFailed, .timedOut, .saturated:
                let what = table == nil ? "cannot be reached" : "went away or fell silent"
                self.init(
                    .sourceUnavailable, "\(server) \(what)\(state)",
                    hint: "Is the server up, and can the worker's machine reach it?", isRetryable: true)
            case .cancelled:
                self.init(.sourceUnavailable, "reading \(table ?? server) was cancelled", isRetryable: true)
            default: self.init(.sourceUnreadable, "\(table ?? server) cannot be read\(state)")
            }
        }
    }
}
