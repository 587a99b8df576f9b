public import JSON
public import Postgres

/// One object as the API shows it.
public struct Document: Sendable {
    /// Its row in `warehouse`.
    public var id: Int64
    public var address: String
    /// Where it hangs: 0 for the platform, else a domain's or a dataset's id.
    public var scopeID: Int64
    /// Grows with each change: what the `ETag` tells.
    public var version: Int64
    /// The JSON text of the body, as Postgres built it.
    public var text: String

    /// Strong entity tag, made from the row version alone (RFC 9110 section 8.8.3).
    public var entityTag: String { "\"\(version)\"" }

    /// The body as a value, for comparing and auditing.
    public func body() throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    /// What changes without anybody changing the object: its time stamp, and what loads bring about.
    private static let unsaid = ["updatedAt", "loadedAt", "lastRun", "estimatedRows"]

    /// Whether both bodies are equal but for what nobody says.
    public func saysTheSame(as other: Document) throws -> Bool {
        var bodies = try [body(), other.body()]
        for index in bodies.indices {
            guard var object = bodies[index].objectValue else { continue }
            for field in Self.unsaid { object[field] = nil }
            bodies[index] = .object(object)
        }
        return bodies[0] == bodies[1]
    }
}

extension Document {
    /// The object at `address`, or `nil`.
    public static func read(
        _ kind: ObjectKind, at address: String, on connection: Connection
    ) async throws -> Document? {
        try await select(kind, where: kind.condition(address: address), limit: 1, on: connection).first
    }

    public static func read(_ kind: ObjectKind, id: Int64, on connection: Connection) async throws -> Document? {
        try await select(kind, where: "id = \(id)", limit: 1, on: connection).first
    }

    /// At most `limit` objects that `condition` admits, in the order of their ids.
    public static func select(
        _ kind: ObjectKind, where condition: SQL, limit: Int, on connection: Connection
    ) async throws -> [Document] {
        let rows = try await connection.query(
            """
            SELECT id, address, scope_id, version, body::text
            FROM \(identifier: "sluice", kind.view)
            WHERE \(raw: condition)
            ORDER BY id
            LIMIT \(Int64(limit))
            """)
        return try rows.map(Document.init)
    }

    init(_ row: Row) throws {
        id = try row.decode(at: 0)
        address = try row.decode(at: 1)
        scopeID = try row.decode(at: 2)
        version = try row.decode(at: 3)
        text = try row.decode(at: 4)
    }
}
