import Access
import Catalog
import EventLoop
import Postgres
import Query
import Store

/// What a read of a dataset needs to know besides the rows.
final class DatasetSource: Sendable {
    /// `domain.dataset`
    let address: String
    let rows: RowsSource
    /// Columns that bear a tag: reading them waits for the audit.
    let taggedColumns: Set<String>
    /// Names of those that the caller is granted, masked or not, in the order of the dataset.
    let grantedColumns: [String]
    let pointReads = PointReadShapes()

    init(rows: RowsSource, taggedColumns: Set<String>, grantedColumns: [String]) {
        address = "\(rows.domain).\(rows.dataset)"
        self.rows = rows
        self.taggedColumns = taggedColumns
        self.grantedColumns = grantedColumns
    }
}

extension DatasetSource {
    /// The dataset as `caller` sees it, or `not_found`.
    static func read(_ address: DatasetAddress, for caller: Caller, on connection: Connection) async throws
        -> DatasetSource
    {
        let document = try await Document.visible(.dataset, at: "\(address)", to: caller, on: connection)
        let explanation = try await Explanation.of(principal: caller, dataset: document.id, on: connection)
        let rows = try await connection.query(
            """
            SELECT c.name, c.type, c.name = ANY (ds.primary_key), ds.primary_key, EXISTS (
                SELECT FROM sluice.borne_tag AS b WHERE b.dataset_id = c.dataset_id AND b.column_id = c.id)
            FROM sluice.dataset_column AS c JOIN sluice.dataset AS ds ON ds.id = c.dataset_id
            WHERE c.dataset_id = \(document.id) ORDER BY c.position
            """)
        let changing = Set(explanation.columns.filter { $0.mask?.kind == .sha256Query }.map(\.name))
        let columns = try rows.map { row in
            let name: String = try row.decode(at: 0)
            return RowsSource.Column(
                name: name, type: try ColumnType(parsing: row.decode(at: 1)),
                changesByStatement: changing.contains(name))
        }
        let clear = Set(explanation.columns.filter { $0.visible && $0.mask == nil }.map(\.name))
        let granted = Set(explanation.columns.filter(\.visible).map(\.name))
        let key: [String] = try rows.first?.decode(at: 3) ?? []
        return DatasetSource(
            rows: RowsSource(
                domain: address.domain, dataset: address.name, columns: columns, primaryKey: key,
                hasExactKey: key.allSatisfy(clear.contains)),
            taggedColumns: try Set(rows.filter { try $0.decode(at: 4) }.map { try $0.decode(at: 0) }),
            grantedColumns: columns.map(\.name).filter(granted.contains))
    }
}

/// Remembers dataset sources for a moment. A stale one costs a wrong message at worst: Postgres decides what is read.
final class DatasetSources: Sendable {
    private struct Key: Hashable {
        /// As in the path.
        var name: String
        /// Its login role: what a purpose shows is another matter.
        var role: String
    }

    private struct Memory {
        var sources: [Key: Remembered<DatasetSource>] = [:]
        var generation = 0
    }

    private let sessions: Sessions
    private let memory = Locked(Memory())

    init(sessions: Sessions) {
        self.sessions = sessions
    }

    /// The source if it is remembered and need not be read anew.
    ///
    /// - Parameter name: As in the path.
    func remembered(_ name: String, for caller: Caller) -> DatasetSource? {
        let key = Key(name: name, role: caller.role)
        guard let known = memory.withLock({ $0.sources[key] }), known.isFresh else { return nil }
        return known.value
    }

    /// - Parameter name: As in the path.
    func source(named name: String, for caller: Caller) async throws -> DatasetSource {
        let key = Key(name: name, role: caller.role)
        let (known, generation) = memory.withLock { ($0.sources[key], $0.generation) }
        if let known, known.isGoodForAsker() { return known.value }
        let address = try DatasetAddress.path(name)
        let source = try await sessions.withServerSession { connection in
            try await DatasetSource.read(address, for: caller, on: connection)
        }
        memory.withLock { memory in
            guard memory.generation == generation else { return }
            if memory.sources.count >= Authenticator.maxRemembered { memory.sources.removeAll(keepingCapacity: true) }
            memory.sources[key] = Remembered(source, for: Authenticator.lifetime)
        }
        return source
    }

    func forget() {
        memory.withLock { memory in
            memory.sources.removeAll(keepingCapacity: true)
            memory.generation += 1
        }
    }
}
