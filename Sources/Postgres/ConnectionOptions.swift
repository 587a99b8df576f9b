internal import CPQ

/// Where and as whom to connect: what a libpq URL says.
public struct ConnectionOptions: Sendable, Hashable {
    /// Host name, address, or the directory of a Unix socket when it begins with `/`.
    public var host: String
    /// Of TCP, or the number in the name of the Unix socket.
    public var port: Int
    public var user: String
    /// `nil` when the server asks for none, as with peer authentication.
    public var password: String?
    public var database: String
    /// Shown in `pg_stat_activity`.
    public var applicationName: String?
    /// Command-line options for the session, such as `-c statement_timeout=5s`.
    public var options: String?
    /// Other libpq keywords (`sslmode`, `sslrootcert`, `target_session_attrs`, …), as libpq spells them.
    public var others: [String: String]

    public init(
        host: String, port: Int = 5432, user: String, password: String? = nil, database: String,
        applicationName: String? = nil, options: String? = nil, others: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.applicationName = applicationName
        self.options = options
        self.others = others
    }

    /// Reads a `postgres://` URL or a `key=value` string as libpq does.
    ///
    /// - Throws: `.connectionFailed` when libpq cannot parse it, or when it names no user or an odd port. The message
    ///   never quotes the text, which may hold a password.
    public init(url: String) throws(PostgresError) {
        var keywords: [String: String] = [:]
        guard let parsed = PQconninfoParse(url, nil) else {
            throw PostgresError(code: .connectionFailed, message: "not a valid Postgres connection URL")
        }
        defer { PQconninfoFree(parsed) }
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        guard let user = keywords.removeValue(forKey: "user") else {
            throw PostgresError(code: .connectionFailed, message: "the connection URL names no user")
        }
        guard let port = Int(keywords.removeValue(forKey: "port") ?? "5432"), (1...65535).contains(port) else {
            throw PostgresError(code: .connectionFailed, message: "the connection URL's port is not in 1...65535")
        }
        self.init(
            host: keywords.removeValue(forKey: "host") ?? "localhost", port: port, user: user,
            password: keywords.removeValue(forKey: "password"),
            database: keywords.removeValue(forKey: "dbname") ?? user,
            applicationName: keywords.removeValue(forKey: "application_name"),
            options: keywords.removeValue(forKey: "options"), others: keywords)
    }

    /// Whether it leads to a Unix socket.
    public var isLocal: Bool { host.hasPrefix("/") }

    /// Keywords for `PQconnectStartParams`. What makes results readable here comes last and wins.
    var keywords: [(String, String)] {
        var all = others.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        all += [("host", host), ("port", String(port)), ("user", user), ("dbname", database)]
        if let password { all.append(("password", password)) }
        if let applicationName { all.append(("application_name", applicationName)) }
        if !isLocal, others["tcp_user_timeout"] == nil {
            // A peer that vanished must not hold a session for the kernel's quarter of an hour.
            all += [("tcp_user_timeout", "30000"), ("keepalives_idle", "30")]
        }
        let session = "-c DateStyle=ISO -c IntervalStyle=postgres -c bytea_output=hex"
        all += [("options", options.map { "\($0) \(session)" } ?? session), ("client_encoding", "UTF8")]
        return all
    }
}

extension ConnectionOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Without the password.
    public var description: String { "\(user)@\(host):\(port)/\(database)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
