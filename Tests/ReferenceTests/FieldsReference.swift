import Catalog
import JSON

/// The fields of pipelines and connections, as their readers take them.
enum FieldsReference {
    private static let head = ["field", "rule", "default"]

    static func pipeline() throws -> MarkdownTable {
        let file = try sample(from: ConnectionSample.from(.file))
        let ingest = ["steps", "0", "ingest"]
        let rules = CheckSpec.Kind.allCases.map(\.rawValue)
        var places: [Place] = [
            Place("", probe(file)),
            Place("schedule.", probe(file, ["schedule"])),
            Place("retry.", probe(file, ["retry"])),
            Place("pool.", probe(file, ["pool"])),
            Place("steps[].", probe(file, ["steps", "0"])),
            Place("ingest.", probe(file, ingest)),
        ]
        var shapes: [SourceShape] = []
        for shape in ConnectionKind.allCases.map(\.shape) where !shapes.contains(shape) {
            shapes.append(shape)
            let kinds = ConnectionKind.allCases.filter { $0.shape == shape }.map(\.rawValue).joined(separator: ", ")
            let sample = try sample(from: ConnectionSample.from(shape))
            places.append(Place("from.", of: kinds, probe(sample, ingest + ["from"])))
        }
        places += [
            Place("columns[].", probe(file, ingest + ["columns", "0"])),
            Place("to.", probe(file, ingest + ["to"])),
            Place("checks[].", probe(file, ingest + ["checks", "0"], exclusive: rules + ["columns"])),
            Place("range.", probe(file, ingest + ["checks", "0", "range"])),
        ]
        return try rows(places)
    }

    static func connection() throws -> MarkdownTable {
        let kinds = ConnectionKind.allCases
        let withSecrets = kinds.filter { !$0.secretNames.isEmpty }
        return try rows(
            [Place("", probe(.postgres))]
                + kinds.map { Place("config.", of: $0.rawValue, try probe($0, ["config"])) }
                + withSecrets.map { Place("secret.", of: $0.rawValue, try probe($0, ["secret"])) })
    }

    /// The members of a connection's object.
    static func probe(_ kind: ConnectionKind, _ path: [String] = []) throws -> FieldProbe {
        FieldProbe(document: try ConnectionSample.connection(kind), path: path) { value in
            try JSONFields.read(value) { ConnectionInput(&$0) }.spec.json
        }
    }

    private struct Place {
        var prefix: String
        /// Which kinds of connection it is of; empty: it is of all.
        var kinds: String
        var probe: FieldProbe

        init(_ prefix: String, of kinds: String = "", _ probe: FieldProbe) {
            self.prefix = prefix
            self.kinds = kinds
            self.probe = probe
        }
    }

    private static func rows(_ places: [Place]) throws -> MarkdownTable {
        var table = MarkdownTable(head: head)
        for place in places {
            let note = place.kinds.isEmpty ? "" : " (\(place.kinds))"
            for field in try place.probe.fields() {
                table.rows.append([
                    MarkdownTable.code(place.prefix + field.name) + note, field.rule.replacing("|", with: "\\|"),
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
