public import Postgres

/// How to reach the cluster as the server and as each principal.
public struct SessionSource: Sendable {
    /// The server's own login in a database.
    public var server: @Sendable (_ database: String) -> ConnectionOptions
    /// A principal's login role in `warehouse`.
    public var principal: @Sendable (_ role: String) -> ConnectionOptions

    public init(
        server: @escaping @Sendable (_ database: String) -> ConnectionOptions,
        principal: @escaping @Sendable (_ role: String) -> ConnectionOptions
    ) {
        self.server = server
        self.principal = principal
    }

    /// The embedded cluster: its Unix socket, where `peer` with a map lets the server's OS user in as each role.
    public static func embedded(socketDirectory: String, port: Int = 5432, user: String = "sluice") -> SessionSource {
        SessionSource(
            server: { database in
                ConnectionOptions(host: socketDirectory, port: port, user: user, database: database)
            },
            principal: { role in
                ConnectionOptions(host: socketDirectory, port: port, user: role, database: "warehouse")
            })
    }

    func options(for kind: SessionKind) -> ConnectionOptions {
        var options =
            switch kind {
            case .warehouse: server("warehouse")
            case .control: server("control")
            case .rows(let role), .query(let role): principal(role)
            }
        // What results look like is part of the contract, so it comes last and wins: every session speaks UTC and ISO.
        var ours = "-c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=1 -c client_encoding=UTF8"
        // The queue's statements are short and cost-estimated long: compiling one takes ten times as long as running it.
        if kind == .control { ours += " -c jit=off" }
        options.options = options.options.map { "\($0) \(ours)" } ?? ours
        options.applicationName = options.applicationName ?? "sluice"
        return options
    }
}
