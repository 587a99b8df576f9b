public import JSON

/// Where data comes from, as it is declared: everything but the secret.
public struct ConnectionSpec: Sendable, Hashable {
    /// What is declared of each kind: a case a kind.
    public enum Config: Sendable, Hashable {
        case file(FileFolder)
        case postgres(PostgresServer)
        case http(HTTPServerAddress)
    }

    public var description: String?
    public var config: Config

    public var kind: ConnectionKind {
        switch config {
        case .file: .file
        case .postgres: .postgres
        case .http: .http
        }
    }

    public init(description: String? = nil, config: Config) {
        self.description = description
        self.config = config
    }

    /// Reads a body; `nil` when its kind is not known, so that nothing can be said of what depends on it.
    init?(_ fields: inout JSONFields) {
        description = fields.text("description")
        switch fields.connectionKind("kind") {
        case .file?: config = .file(fields.object("config") { FileFolder(&$0) })
        case .postgres?: config = .postgres(fields.object("config") { PostgresServer(&$0) })
        case .http?: config = .http(fields.object("config") { HTTPServerAddress(&$0) })
        case nil:
            _ = fields.raw("config")
            return nil
        }
    }

    /// Stands in for what could not be read; never leaves a reader.
    static let placeholder = ConnectionSpec(config: .file(FileFolder(path: "")))

    /// Reads what ``json`` wrote.
    public static func parse(_ value: JSONValue) throws(JSONFieldErrors) -> ConnectionSpec {
        try JSONFields.read(value) { ConnectionSpec(&$0) ?? placeholder }
    }

    /// The body again with every default written out, as it is answered. Absent stays absent.
    public var json: JSONValue {
        var object: JSONObject = [:]
        object["description"] = description.map(JSONValue.string)
        object["kind"] = .string(kind.rawValue)
        object["config"] = configJSON
        return .object(object)
    }

    /// The part that is kept beside the kind.
    public var configJSON: JSONValue {
        switch config {
        case .file(let folder): folder.json
        case .postgres(let server): server.json
        case .http(let server): server.json
        }
    }

    /// Whether both would send a secret to the same place in the same name. A secret follows to no other.
    public func leadsToTheSamePlace(as other: ConnectionSpec) -> Bool { config == other.config }
}

extension JSONFields {
    fileprivate mutating func connectionKind(_ name: String) -> ConnectionKind? {
        let word = required(name, as: String.self)
        guard raw(name)?.stringValue != nil else { return nil }
        if let kind = ConnectionKind(rawValue: word) { return kind }
        let known = ConnectionKind.allCases.map(\.rawValue).joined(separator: ", ")
        reject(
            name,
            ConnectionKind.ofTheContract.contains(word)
                ? "cannot be \(word) yet; this version has \(known)" : "must be one of \(known)")
        return nil
    }
}
