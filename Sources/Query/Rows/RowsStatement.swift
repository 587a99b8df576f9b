public import Cryptography
public import Postgres

/// The SQL that answers a ``RowsRequest`` through the dataset's governed view, and what its result means.
public struct RowsStatement: Sendable {
    /// The same for requests of one shape: literals, limit and cursor are parameters.
    public let text: String
    /// Values of `$1`, `$2`, …; every one is text, and cast in the statement.
    public let parameters: [String]
    /// The first so many columns of the result are the answer's; what follows is for the cursor alone.
    public let visibleColumns: Int
    /// The most rows to answer; the result has one more when there is a next page. `nil`: all.
    public let limit: Int?
    /// Whether it reads at most one row, by its primary key.
    public let isPointRead: Bool

    /// Places of the key's values in the result.
    let keyColumns: [Int]
    let hasTies: Bool
    /// Where this page begins.
    let start: RowsCursor?
    /// What a cursor of this request is bound to.
    let context: [UInt8]

    /// - Parameters:
    ///   - subject: Who asks, and for what purpose: a cursor serves nobody else.
    ///   - key: For cursors alone.
    ///
    /// Throws `invalid_cursor` unless the request's cursor was made for the same dataset, subject, filters and order, and
    /// `invalid_parameter` for pages that could not be continued.
    public init(
        _ request: RowsRequest, of source: RowsSource, subject: String, key secret: SecretKey
    ) throws(RowsError) {
        isPointRead = request.isPointRead(of: source)
        if !isPointRead, request.limit != .all || request.cursor != nil {
            try RowsKey.check(request, of: source)
        }
        // A point read has neither order nor next page.
        let key = isPointRead && request.cursor == nil ? RowsKey.none : RowsKey(request, of: source)
        var condition = RowsCondition()
        var conditions: [String] = []
        for filter in request.filters { conditions.append(condition.sql(filter)) }
        context =
            key == .none ? [] : Self.context(source, key, conditions, condition.parameters, subject)
        if let text = request.cursor {
            start = try RowsCursor(opening: text, key: secret, context: context)
        } else {
            start = nil
        }
        var offset: Int?
        if let start {
            if let values = start.key {
                conditions.append(key.condition(after: values) { condition.bind($0) })
                offset = key.hasTies ? start.skip : nil
            } else {
                offset = start.position
            }
        }

        let names = request.select.map(\.name)
        var columns = names.map { SQL.quoted(identifier: $0) }
        var keyColumns: [Int] = []
        var limit: Int?
        if !isPointRead, case .rows(let rows) = request.limit {
            limit = rows
            for term in key.terms {
                if let name = term.column, let place = names.firstIndex(of: name) {
                    keyColumns.append(place)
                } else {
                    keyColumns.append(columns.count)
                    columns.append(term.expression)
                }
            }
        }
        var text = "SELECT \(columns.joined(separator: ", ")) FROM "
        text += "\(SQL.quoted(identifier: source.domain)).\(SQL.quoted(identifier: source.dataset))"
        if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
        if !isPointRead, !key.terms.isEmpty { text += " ORDER BY " + key.orderBy }
        if let limit { text += " LIMIT \(condition.bind(String(limit + 1)))::pg_catalog.int8" }
        if let offset { text += " OFFSET \(condition.bind(String(offset)))::pg_catalog.int8" }

        self.text = text
        parameters = condition.parameters
        visibleColumns = names.count
        self.keyColumns = keyColumns
        self.limit = limit
        hasTies = key.hasTies
    }

    /// The statement to run. Postgres takes each parameter for the type it is cast to.
    public var sql: SQL { SQL(unsafe: text, parameters: parameters) }

    /// A digest of everything that decides which rows come in which order; the key tells of what is selected, if it matters.
    private static func context(
        _ source: RowsSource, _ key: RowsKey, _ conditions: [String], _ parameters: [String], _ subject: String
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ text: String) {
            withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian) { bytes += $0 }
            bytes += text.utf8
        }
        append("sluice rows cursor 1")
        append(source.domain)
        append(source.dataset)
        append(subject)
        append(key.terms.map { "\($0.expression)\($0.isDescending)\($0.nulls)" }.joined(separator: ","))
        append(key.terms.map(\.castName).joined(separator: ","))
        append(key.hasTies ? "ties" : "exact")
        append(conditions.joined(separator: " AND "))
        for parameter in parameters { append(parameter) }
        return SHA256.hash(bytes)
    }
}

extension RowsRequest {
    /// Whether the filters ask for one value of each column of an exact primary key: at most one row, and no order.
    public func isPointRead(of source: RowsSource) -> Bool {
        source.hasExactKey
            && source.primaryKey.allSatisfy { name in
                filters.contains {
                    if case .comparison(let column, .equal, _) = $0 { column.name == name } else { false }
                }
            }
    }
}
