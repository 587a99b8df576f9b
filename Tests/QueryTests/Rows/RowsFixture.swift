import Catalog
import Cryptography
import Query

enum RowsFixture {
    static let source = RowsSource(
        domain: "travel", dataset: "bookings",
        columns: [
            column("id", "bigint"), column("region", "text"), column("amount", "numeric(10,2)"),
            column("active", "boolean"), column("at", "timestamptz"), column("day", "date"), column("limit", "integer"),
            column("meta", "json"), column("tags", "text[]"), column("code", "char(3)"), column("wait", "interval"),
            column("host", "inet"), column("or", "integer"), column("and", "integer"), column("ratio", "real"),
        ],
        primaryKey: ["id"], hasExactKey: true)

    static func column(_ name: String, _ type: String) -> RowsSource.Column {
        .init(name: name, type: (try? ColumnType(parsing: type)) ?? ColumnType(.text))
    }

    static func parse(_ items: [(String, String)], of source: RowsSource = source) throws(RowsError) -> RowsRequest {
        try RowsRequest(parsing: items.map { (name: $0.0, value: $0.1) }, of: source)
    }

    /// `a=1&b=2`, decoded already.
    static func items(_ query: String) -> [(String, String)] {
        query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts.last ?? ""))
        }
    }

    static func statement(
        _ query: String, of source: RowsSource = source, subject: String = "ann", key: SecretKey? = nil
    ) throws -> RowsStatement {
        try RowsStatement(
            parse(items(query), of: source), of: source, subject: subject,
            key: key ?? SecretKey(bytes: Array(repeating: 7, count: 32)))
    }
}
