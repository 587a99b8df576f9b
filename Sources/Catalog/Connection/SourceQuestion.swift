public import JSON

/// What can be asked about a connection's source, besides its rows.
public enum SourceQuestion: Sendable, Hashable {
    /// Does it work?
    case test
    /// What is there to load?
    case browse(SourcePlace)
    /// Which columns has this file or table? `from` are members of a step's `from`; the format may be left out.
    case inspect(from: JSONObject)

    public var json: JSONValue {
        switch self {
        case .test: ["test": [:]]
        case .browse(let place): ["browse": place.json]
        case .inspect(let from): ["inspect": .object(from)]
        }
    }

    /// Reads what ``json`` wrote.
    public static func parse(_ value: JSONValue) throws(JSONFieldErrors) -> SourceQuestion {
        try JSONFields.read(value) { fields in
            if let place = fields.optionalObject("browse", { SourcePlace(&$0) }) { return .browse(place) }
            if let from = fields.optional("inspect", as: JSONObject.self) { return .inspect(from: from) }
            if fields.raw("test") == nil { fields.reject("is no question") }
            return .test
        }
    }
}

/// A page of what there is at a place of a source.
public struct SourcePlace: Sendable, Hashable {
    /// The connection's name, as a step's `from` has it.
    public var connection: String
    /// Below the connection's folder, or a schema or table; empty: everything.
    public var path: String
    /// As the page before said.
    public var after: String?
    /// Items of a page.
    public var limit: Int

    public init(connection: String, path: String, after: String?, limit: Int) {
        self.connection = connection
        self.path = path
        self.after = after
        self.limit = limit
    }

    init(_ fields: inout JSONFields) {
        connection = fields.required("connection")
        path = fields.required("path")
        after = fields.optional("after")
        limit = fields.required("limit", in: 1...1000)
    }

    var json: JSONValue {
        [
            "connection": .string(connection), "path": .string(path), "after": JSONValue(after),
            "limit": JSONValue(limit),
        ]
    }
}

/// One thing that was looked at when a connection was tested.
public struct ConnectionCheck: Sendable, Hashable {
    /// Stable: `address`, `connect`, `login`, `database`, `identity`, `tables`; `folder`, `entries`; of a web server some of
    /// these.
    public var name: String
    public var isPassed: Bool
    public var detail: String

    public init(name: String, isPassed: Bool, detail: String) {
        self.name = name
        self.isPassed = isPassed
        self.detail = detail
    }

    public init(_ fields: inout JSONFields) {
        name = fields.required("name")
        isPassed = fields.required("ok")
        detail = fields.required("detail")
    }

    public var json: JSONValue { ["name": .string(name), "ok": .bool(isPassed), "detail": .string(detail)] }
}
