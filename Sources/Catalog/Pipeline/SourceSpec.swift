public import JSON

/// Where a step's rows come from.
public enum SourceSpec: Sendable, Hashable {
    case table(TableSource)
    case file(FileSource)

    public var shape: SourceShape {
        switch self {
        case .table: .table
        case .file: .file
        }
    }

    /// The name of a connection of the pipeline's domain.
    public var connection: String {
        switch self {
        case .table(let source): source.connection
        case .file(let source): source.connection
        }
    }

    /// What names it in its source: the member of its shape.
    public var path: String {
        switch self {
        case .table(let source): source.path
        case .file(let source): source.path
        }
    }

    init(_ fields: inout JSONFields) {
        let connection = fields.name("connection")
        let shape = SourceShape.allCases.first { fields.raw($0.member) != nil }
        self =
            switch shape ?? .file {
            case .table: .table(TableSource(connection, &fields))
            case .file: .file(FileSource(connection, &fields))
            }
    }

    /// Reads a step's `from` on its own.
    public static func parse(_ value: JSONValue) throws(JSONFieldErrors) -> SourceSpec {
        try JSONFields.read(value) { SourceSpec(&$0) }
    }

    public var json: JSONValue {
        switch self {
        case .table(let source): source.json
        case .file(let source): source.json
        }
    }
}
