internal import Catalog
internal import JSON
internal import Postgres

/// What there is in a database for its connection's user to load: every table and view that it may select.
struct DatabaseBrowser {
    let connection: Connection
    /// The connection's name, as a step's `from` has it.
    let name: String
    /// As messages call it.
    let server: String
    let user: String

    /// Tables whose columns are read at once.
    private static let batch = 20

    private struct Table {
        var oid: Int64
        var schema: String
        var name: String
        var kind: SourceItem.Kind
        var estimatedRows: Int?
    }

    /// A page, in the order of the names. `path`: nothing, a schema, or `schema.table`.
    func page(_ place: SourcePlace) async throws(SourceFailure) -> SourcePage {
        do throws(PostgresError) {
            var page = try await tables(place)
            if page.items.isEmpty, !place.path.isEmpty, place.after == nil {
                throw PostgresError(code: .queryFailed, sqlState: try await reason(place.path), message: "")
            }
            if place.path.contains(".") { page.next = nil }
            return page
        } catch { throw SourceFailure(error, server: server, user: user, table: place.path) }
    }

    /// Why there is nothing to be seen at a path: the state of the statement that would read it.
    private func reason(_ path: String) async throws(PostgresError) -> String {
        let (schema, table) = Self.names(path)
        guard let table else { return "3F000" }
        return try await TableDescription.read(schema: schema, table: table, on: connection) == nil ? "42P01" : "42501"
    }

    /// The first dot separates: a schema whose name has one cannot be named in a step.
    private static func names(_ path: String) -> (schema: String, table: String?) {
        guard let dot = path.firstIndex(of: ".") else { return (path, nil) }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }

    private func tables(_ place: SourcePlace) async throws(PostgresError) -> SourcePage {
        let found = try await select(Self.condition(place), limit: place.limit + 1)
        var page = SourcePage()
        var last: Table?
        for start in stride(from: 0, to: min(found.count, place.limit), by: Self.batch) {
            let batch = found[start..<min(start + Self.batch, found.count, place.limit)]
            let columns = try await TableDescription.columns(of: batch.map(\.oid), on: connection)
            for table in batch {
                guard page.append(item(table, columns[table.oid] ?? [])) else {
                    page.next = last.map(Self.mark)
                    return page
                }
                last = table
            }
        }
        if found.count > place.limit { page.next = last.map(Self.mark) }
        return page
    }

    private func item(_ table: Table, _ columns: [TableDescription.Column]) -> SourceItem {
        let path = "\(table.schema).\(table.name)"
        let key = columns.filter { $0.keyPlace != nil }.sorted { $0.keyPlace ?? 0 < $1.keyPlace ?? 0 }
        return SourceItem(
            kind: table.kind, name: path, path: path,
            details: .table(estimatedRows: table.estimatedRows, primaryKey: key.map(\.columnName)),
            from: .table(TableSource(connection: name, schema: table.schema, table: table.name)),
            columns: columns.map { DeclaredColumn(name: $0.columnName, type: $0.type) })
    }

    // MARK: The catalog

    /// Where the page after a table begins: a JSON array of two names.
    private static func mark(_ table: Table) -> String { JSONValue([table.schema, table.name]).text }

    private static func condition(_ place: SourcePlace) -> SQL {
        var condition: SQL = "true"
        let (schema, table) = names(place.path)
        if !schema.isEmpty { condition += " AND n.nspname = \(schema)" }
        if let table { condition += " AND c.relname = \(table)" }
        if let after = place.after, let names = try? JSONValue.parse(Array(after.utf8)),
            let lastSchema = names[0]?.stringValue, let lastTable = names[1]?.stringValue
        {
            condition += """
                 AND (n.nspname::text COLLATE "C", c.relname::text COLLATE "C")
                    > (\(lastSchema)::text COLLATE "C", \(lastTable)::text COLLATE "C")
                """
        }
        // Partitions are in their table; one that is asked for by name is shown all the same.
        if table == nil { condition += " AND NOT c.relispartition" }
        return condition
    }

    private func select(_ condition: SQL, limit: Int) async throws(PostgresError) -> [Table] {
        var tables: [Table] = []
        for row in try await connection.query(
            """
            SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text,
                CASE WHEN c.reltuples >= 0 AND c.relkind::text <> 'v' THEN c.reltuples::float8 END
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE \(raw: Self.readable) AND \(raw: condition)
            ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C" LIMIT \(limit)
            """)
        {
            let kind: SourceItem.Kind =
                switch try row.decode(at: 3, as: String.self) {
                case "v": .view
                case "m": .materializedView
                case "p": .partitionedTable
                case "f": .foreignTable
                default: .table
                }
            tables.append(
                Table(
                    oid: try row.decode(at: 0), schema: try row.decode(at: 1), name: try row.decode(at: 2), kind: kind,
                    estimatedRows: try row.decode(at: 4, as: Double?.self).flatMap(Int.init(exactly:))))
        }
        return tables
    }

    /// A relation of somebody's whose rows the user may select, and that a step can name.
    private static let readable: SQL = """
        \(raw: loadable)
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        """
    private static let loadable: SQL = """
        c.relkind::text IN ('r', 'm', 'v', 'p', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
        AND pg_catalog.strpos(n.nspname::text, '.') = 0
        """

    /// How many relations there are, and how many of them the user may select; both up to a thousand.
    func counts() async throws(SourceFailure) -> (all: Int64, readable: Int64) {
        do throws(PostgresError) {
            let row = try await connection.query(
                """
                SELECT (SELECT count(*) FROM (SELECT FROM pg_catalog.pg_class AS c
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE \(raw: Self.loadable) AND NOT c.relispartition LIMIT 1000) AS x),
                    (SELECT count(*) FROM (SELECT FROM pg_catalog.pg_class AS c
                        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                        WHERE \(raw: Self.readable) AND NOT c.relispartition LIMIT 1000) AS x)
                """)[0]
            return (try row.decode(at: 0), try row.decode(at: 1))
        } catch { throw SourceFailure(error, server: server, user: user, table: nil) }
    }
}
