public import JSON

/// The secret part of a connection. Never printed: its descriptions are redacted.
public struct ConnectionSecret: Sendable, Hashable {
    /// As libpq takes it at most.
    public static let maxBytes = 1000

    private var values: [String: String]

    /// Each value by its name, such as `password`.
    public init(_ values: [String: String]) {
        self.values = values
    }

    /// The value of that name; `nil` when there is none.
    public subscript(name: String) -> String? { values[name] }

    public var names: [String] { values.keys.sorted() }

    /// As it is sealed. The only way out.
    public var json: JSONValue {
        .object(JSONObject(uniqueKeysWithValues: names.map { ($0, JSONValue(values[$0])) }))
    }

    /// Reads what ``json`` wrote.
    public init(opened value: JSONValue) throws(JSONFieldErrors) {
        values = try JSONFields.read(.object(["secret": value])) { $0.required("secret") }
    }
}

extension ConnectionSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "ConnectionSecret(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The body of `PUT /connections/{domain}.{name}`.
public struct ConnectionInput: Sendable {
    public var spec: ConnectionSpec
    /// A secret is given whole; absent, the one that is kept stays.
    public var secret: JSONFieldChange<ConnectionSecret>

    public init(_ fields: inout JSONFields) {
        guard let spec = ConnectionSpec(&fields) else {
            _ = fields.raw("secret")
            (self.spec, secret) = (.placeholder, .unchanged)
            return
        }
        self.spec = spec
        switch fields.raw("secret") {
        case nil: secret = .unchanged
        case .null?: secret = .removed
        default: secret = .set(fields.object("secret") { $0.secret(of: spec.kind) })
        }
    }
}

extension JSONFields {
    /// Reads the members that the kind has; no error quotes a value.
    fileprivate mutating func secret(of kind: ConnectionKind) -> ConnectionSecret {
        var values: [String: String] = [:]
        for name in kind.secretNames {
            guard let value = optional(name, as: String.self) else { continue }
            if !(1...ConnectionSecret.maxBytes).contains(value.utf8.count) || value.utf8.contains(0) {
                reject(name, "must have 1 to \(ConnectionSecret.maxBytes) bytes, none of them zero")
            } else if let fault = kind.fault(inSecret: name, value) {
                reject(name, fault)
            }
            values[name] = value
        }
        return ConnectionSecret(values)
    }
}
