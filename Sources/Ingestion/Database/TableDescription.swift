internal import Catalog
internal import Postgres

/// A table of another database, as its catalog tells.
struct TableDescription: Sendable {
    struct Column: Sendable {
        /// As the database has it, and as a dataset would.
        var name: String
        var columnName: String
        var type: ColumnType
        /// Whether the database's text is that of `type`; otherwise its output is taken as text.
        var isTaken: Bool
        var isNotNull: Bool
        /// Where it stands in the primary key, if it does.
        var keyPlace: Int?
    }

    var oid: Int64
    var columns: [Column]
    /// Of 8 KiB mostly; `nil` when rows cannot be read by their place: views, partitioned and foreign tables, and
    /// servers before 14, which would read the whole table for each range.
    var blocks: Int?

    /// Reads the catalog; `nil` when there is no such table.
    static func read(
        schema: String, table: String, on connection: Connection
    ) async throws(PostgresError) -> (TableDescription, mayRead: Bool)? {
        let tables = try await connection.query(
            """
            SELECT c.oid::int8, c.relkind::text IN ('r', 'm') AND current_setting('server_version_num')::int4 >= 140000,
                (pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int8)::int8,
                pg_catalog.has_table_privilege(c.oid, 'SELECT')
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = \(schema) AND c.relname = \(table) AND c.relkind::text IN ('r', 'm', 'v', 'p', 'f')
            """)
        guard let row = tables.first else { return nil }
        let oid: Int64 = try row.decode(at: 0)
        let blocks: Int64 = try row.decode(at: 2)
        let mayRead: Bool = try row.decode(at: 3)
        let columns = try await columns(of: [oid], on: connection)[oid] ?? []
        let description = TableDescription(
            oid: oid, columns: columns, blocks: try row.decode(at: 1) ? Int(blocks) : nil)
        return (description, mayRead)
    }

    /// The columns of tables by the tables' oids, in their order.
    static func columns(of oids: [Int64], on connection: Connection) async throws(PostgresError) -> [Int64: [Column]] {
        // A domain is what it is made of.
        let rows = try await connection.query(
            """
            SELECT a.attrelid::int8, a.attname::text,
                pg_catalog.format_type(b.oid, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END),
                a.attnotnull, pg_catalog.array_position(i.indkey::int2[], a.attnum)
            FROM pg_catalog.unnest(\(oids)::int8[]) AS w (oid)
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = w.oid::oid
            JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
            JOIN pg_catalog.pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
            LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
            WHERE a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attrelid, a.attnum
            """)
        var tables: [Int64: [Row]] = [:]
        for row in rows { tables[try row.decode(at: 0), default: []].append(row) }
        var columns: [Int64: [Column]] = [:]
        for (oid, rows) in tables {
            var names: [String] = []
            for row in rows { names.append(try row.decode(at: 1)) }
            for (row, columnName) in zip(rows, ColumnNames.of(names)) {
                let type = columnType(try row.decode(at: 2))
                columns[oid, default: []].append(
                    Column(
                        name: try row.decode(at: 1), columnName: columnName, type: type ?? ColumnType(.text),
                        isTaken: type != nil, isNotNull: try row.decode(at: 3),
                        keyPlace: try row.decode(at: 4, as: Int32?.self).map(Int.init)))
            }
        }
        return columns
    }

    /// The same type here; `nil` for one that datasets do not have, and that is taken as text.
    private static func columnType(_ text: String) -> ColumnType? {
        do { return try ColumnType(parsing: text) } catch { return nil }
    }
}

/// What is read of a table, for the columns of a target.
struct TableSelection {
    /// One expression for each of the target's columns.
    var expressions: [String]
    /// By column, whether what comes is sure to be of its type.
    var isSure: [Bool]

    init(
        _ description: TableDescription, _ plan: RecordPlan, name: String
    ) throws(SourceFailure) {
        expressions = []
        isSure = []
        let known = Set(plan.target.map(\.name))
        if plan.onNewColumn != .ignore, let new = description.columns.first(where: { !known.contains($0.columnName) }) {
            throw SourceFailure(
                .columnsDiffer, "\(name) has a column \(new.name) that the dataset does not have",
                hint: "Set onNewColumn to ignore, or let it be added.", column: new.columnName,
                isRetryable: plan.onNewColumn == .add)
        }
        for column in plan.target {
            guard let source = description.columns.first(where: { $0.columnName == column.name }) else {
                let isDeclared = plan.declared?.contains { $0.name == column.name } ?? false
                guard column.isNullable, !isDeclared else {
                    throw SourceFailure(
                        .columnsDiffer, "\(name) has no column \(column.name), which is declared or must not be NULL",
                        column: column.name)
                }
                expressions.append("NULL::text")
                isSure.append(true)
                continue
            }
            let quoted = SQL.quoted(identifier: source.name)
            expressions.append(source.isTaken ? quoted : "\(quoted)::text")
            isSure.append(Self.isSure(source, column))
        }
    }

    private static func isSure(_ source: TableDescription.Column, _ column: TargetColumn) -> Bool {
        guard column.isNullable || source.isNotNull else { return false }
        return source.type == column.type || isWider(column.type, than: source.type)
    }

    /// Whether the text of every value of `source` is one of `target`.
    private static func isWider(_ target: ColumnType, than source: ColumnType) -> Bool {
        guard !target.isArray, !source.isArray else { return false }
        let integers: [ColumnType.Scalar] = [.smallint, .integer, .bigint, .numeric(nil)]
        if let wide = integers.firstIndex(of: target.scalar), let narrow = integers.firstIndex(of: source.scalar) {
            return narrow <= wide
        }
        if target.scalar == .numeric(nil), case .numeric = source.scalar { return true }
        return target.scalar == .text && source.category == .text
    }
}
