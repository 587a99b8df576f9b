internal import JSON
public import Postgres

/// How a job process reaches the warehouse: as the ingest role of one dataset.
public struct TargetSession: Sendable {
    public var options: ConnectionOptions

    public init(options: ConnectionOptions) { self.options = options }

    /// What marks an attempt's session in `pg_stat_activity`.
    public static func applicationName(epoch: Int64) -> String { "sluice job \(epoch)" }
}

extension TargetSession {
    var json: JSONValue {
        [
            "host": .string(options.host), "port": JSONValue(options.port), "user": .string(options.user),
            "password": JSONValue(options.password), "database": .string(options.database),
            "applicationName": JSONValue(options.applicationName), "options": JSONValue(options.options),
            "others": .object(
                JSONObject(uniqueKeysWithValues: options.others.sorted { $0.key < $1.key }.map { ($0, .string($1)) })),
        ]
    }

    init(_ fields: inout JSONFields) {
        options = ConnectionOptions(
            host: fields.required("host"), port: fields.required("port"), user: fields.required("user"),
            password: fields.optional("password"), database: fields.required("database"),
            applicationName: fields.optional("applicationName"), options: fields.optional("options"),
            others: fields.required("others"))
    }
}
