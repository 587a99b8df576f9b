import Catalog
import JSON

/// The fields of pipelines and connections, as their readers take them.
enum FieldsReference {
    private static let head = ["field", "rule", "default"]

    static func pipeline() throws -> MarkdownTable {
        let file = try sample(from: #"{"connection": "c", "path": "a.csv"}"#)
        let table = try sample(from: #"{"connection": "c", "table": "s.t"}"#)
        let ingest = ["steps", "0", "ingest"]
        let rules = CheckSpec.Kind.allCases.map(\.rawValue)
        let places: [(String, FieldProbe)] = [
            ("", probe(file)),
            ("schedule.", probe(file, ["schedule"])),
            ("retry.", probe(file, ["retry"])),
            ("pool.", probe(file, ["pool"])),
            ("steps[].", probe(file, ["steps", "0"])),
            ("ingest.", probe(file, ingest)),
            ("from. (file) ", probe(file, ingest + ["from"])),
            ("from. (postgres) ", probe(table, ingest + ["from"])),
            ("columns[].", probe(file, ingest + ["columns", "0"])),
            ("to.", probe(file, ingest + ["to"])),
            ("checks[].", probe(file, ingest + ["checks", "0"], exclusive: rules + ["columns"])),
            ("range.", probe(file, ingest + ["checks", "0", "range"])),
        ]
        return try rows(places)
    }

    static func connection() throws -> MarkdownTable {
        let file = try document(#"{"kind": "file", "config": {"path": "a"}}"#)
        let postgres = try document(
            #"{"kind": "postgres", "config": {"host": "h", "database": "d", "user": "u"}, "secret": {"password": "p"}}"#
        )
        func probe(_ document: JSONValue, _ path: [String] = []) -> FieldProbe {
            FieldProbe(document: document, path: path) { value in
                try JSONFields.read(value) { ConnectionInput(&$0) }.spec.json
            }
        }
        return try rows([
            ("", probe(postgres)),
            ("config. (file) ", probe(file, ["config"])),
            ("config. (postgres) ", probe(postgres, ["config"])),
            ("secret. (postgres) ", probe(postgres, ["secret"])),
        ])
    }

    private static func rows(_ places: [(String, FieldProbe)]) throws -> MarkdownTable {
        var table = MarkdownTable(head: head)
        for (place, probe) in places {
            let parts = place.split(separator: " ")
            let note = parts.count == 2 ? " \(parts[1])" : ""
            for field in try probe.fields() {
                table.rows.append([
                    MarkdownTable.code((parts.first ?? "") + field.name) + note, field.rule.replacing("|", with: "\\|"),
                    field.isRequired ? "required" : MarkdownTable.code(field.fallback),
                ])
            }
        }
        return table
    }

    private static func probe(_ document: JSONValue, _ path: [String] = [], exclusive: [String] = []) -> FieldProbe {
        FieldProbe(document: document, path: path, exclusive: exclusive) { try PipelineSpec.parse($0).json }
    }

    private static func sample(from source: String) throws -> JSONValue {
        try document(
            """
            {"schedule": {"cron": "0 3 * * *"}, "retry": {}, "pool": {"name": "p"},
             "steps": [{"name": "load", "ingest": {
                "from": \(source), "columns": [{"name": "a", "type": "text"}], "to": {"dataset": "d.n", "mode": "append"},
                "checks": [{"name": "k", "column": "a", "range": {"min": "a", "max": "b"}}]}}]}
            """)
    }

    private static func document(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }
}
