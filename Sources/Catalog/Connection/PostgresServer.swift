public import JSON

/// A database of a Postgres server: of a connection of kind `postgres`.
public struct PostgresServer: ConnectionConfig {
    /// What `from` of a step says of such a connection.
    public typealias Source = TableSource
    public static let secretNames = ["password"]

    /// Whether the connection is encrypted; libpq's words. (Certificates are not checked yet.)
    public enum SSLMode: String, Sendable, CaseIterable, JSONFieldWord {
        case disable, prefer, require
    }

    /// A name or an address, never a socket.
    public var host: String
    /// 1 to 65,535.
    public var port: Int
    public var database: String
    public var user: String
    public var sslMode: SSLMode

    public init(host: String, port: Int = 5432, database: String, user: String, sslMode: SSLMode = .prefer) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.sslMode = sslMode
    }

    public init(_ fields: inout JSONFields) {
        host = fields.hostName("host")
        port = fields.optional("port", in: 1...65_535) ?? 5432
        database = fields.libpqName("database")
        user = fields.libpqName("user")
        sslMode = fields.optional("sslMode") ?? .prefer
    }

    public var json: JSONValue {
        [
            "host": .string(host), "port": JSONValue(port), "database": .string(database), "user": .string(user),
            "sslMode": .string(sslMode.rawValue),
        ]
    }
}

extension JSONFields {
    /// One host: no socket folder (`/…`, `@…`) and no list, which libpq would take.
    fileprivate mutating func hostName(_ name: String) -> String {
        let host = required(name, as: String.self)
        guard raw(name)?.stringValue != nil else { return host }
        let isAllowed: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"):
                true
            default: false
            }
        }
        if !(1...253).contains(host.utf8.count) || !host.utf8.allSatisfy(isAllowed) {
            reject(name, "must be a host's name or address; sockets and lists are not taken")
        }
        return host
    }

    fileprivate mutating func libpqName(_ name: String) -> String {
        let text = required(name, as: String.self)
        if raw(name)?.stringValue != nil, !(1...63).contains(text.utf8.count) || text.utf8.contains(0) {
            reject(name, "must have 1 to 63 bytes, none of them zero")
        }
        return text
    }
}
