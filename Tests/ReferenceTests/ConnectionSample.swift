import Catalog
import JSON

/// A connection of each kind with all that it must have, and what a step reads through one: a new kind or shape does not
/// compile without.
enum ConnectionSample {
    static func connection(_ kind: ConnectionKind) throws -> JSONValue {
        let text =
            switch kind {
            case .file: #"{"kind": "file", "config": {"path": "a"}}"#
            case .http: #"{"kind": "http", "config": {"url": "https://a.example/b"}, "secret": {"token": "t"}}"#
            case .postgres:
                #"{"kind": "postgres", "config": {"host": "h", "database": "d", "user": "u"}, "secret": {"password": "p"}}"#
            }
        return try JSONValue.parse(Array(text.utf8))
    }

    static func from(_ shape: SourceShape) -> String {
        switch shape {
        case .file: #"{"connection": "c", "path": "a.csv"}"#
        case .table: #"{"connection": "c", "table": "s.t"}"#
        }
    }
}
