public import JSON

/// How a source's records were read: what one of them does not say itself, and what reading it again takes.
public struct RecordReading: Sendable, Hashable {
    /// What a record is written as.
    public enum Form: String, Sendable, CaseIterable, JSONFieldWord {
        case csv, ndjson
        /// A line of Postgres's COPY text.
        case copy
    }

    public var form: Form
    /// The names of the fields in their order, as the header gives them; of a table, the columns that were read. `nil` for
    /// NDJSON, and where nobody knows them any more.
    public var names: [String]?
    /// Whether the source did not name its fields, so that the step's `columns` do.
    public var isNamedByStep: Bool

    public init(form: Form, names: [String]? = nil, isNamedByStep: Bool = false) {
        self.form = form
        self.names = names
        self.isNamedByStep = isNamedByStep
    }

    /// Reads what ``json`` wrote.
    static func parse(_ text: String) throws -> RecordReading {
        try JSONFields.read(try JSONValue.parse(text)) { fields in
            RecordReading(
                form: fields.required("form"), names: fields.optional("names"),
                isNamedByStep: fields.required("isNamedByStep"))
        }
    }

    var json: JSONValue {
        var object: JSONObject = ["form": .string(form.rawValue), "isNamedByStep": .bool(isNamedByStep)]
        object["names"] = names.map { JSONValue($0) }
        return .object(object)
    }
}
