internal import Access
internal import Catalog
internal import Cryptography
internal import JSON
internal import Postgres
internal import Store

/// What a step reads, and in whose name.
struct Origin: Sendable {
    /// The principal's name.
    var runAs: String
    /// `nil`: nothing is read but quarantine.
    var connection: ConnectionSpec?
    var secret: ConnectionSecret?
}

extension IngestWarehouse {
    /// The connection called `name` of the pipeline's own domain, with its secret, as of now.
    ///
    /// - Throws: `Refusal` when the pipeline or the connection is gone, or the secret cannot be opened with this key.
    func origin(of name: String, pipeline: Int64) async throws -> Origin {
        let row = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT r.name, c.id, json_build_object('kind', c.kind, 'config', c.config)::text, encode(c.secret, 'hex')
                FROM sluice.pipeline AS p JOIN sluice.principal AS r ON r.id = p.run_as_id
                LEFT JOIN sluice.connection AS c ON c.domain_id = p.domain_id AND c.name = \(name)
                WHERE p.id = \(pipeline)
                """
            ).first
        }
        guard let row else { throw Refusal(.notFound, "the pipeline is gone") }
        guard let id = try row.decode(at: 1, as: Int64?.self) else {
            throw Refusal(.notFound, "the connection \(name) is gone")
        }
        let (connection, secret) = try read(row, from: 2, id: id, name)
        return Origin(runAs: try row.decode(at: 0), connection: connection, secret: secret)
    }

    /// A connection with its secret, as of now.
    ///
    /// - Throws: `Refusal` when it is gone, or the secret cannot be opened with this key.
    func connection(_ id: Int64) async throws -> (ConnectionSpec, ConnectionSecret?) {
        let row = try await sessions.withServerSession { connection in
            try await connection.query(
                """
                SELECT c.name, json_build_object('kind', c.kind, 'config', c.config)::text, encode(c.secret, 'hex')
                FROM sluice.connection AS c WHERE c.id = \(id)
                """
            ).first
        }
        guard let row else { throw Refusal.notFound("connection") }
        return try read(row, from: 1, id: id, row.decode(at: 0))
    }

    /// Reads a spec and, in the column behind it, what is kept of a secret.
    private func read(
        _ row: Row, from column: Int, id: Int64, _ name: String
    ) throws -> (ConnectionSpec, ConnectionSecret?) {
        let spec = try ConnectionSpec.parse(JSONValue.parse(row.decode(at: column, as: String.self)))
        let sealed = try row.decode(at: column + 1, as: String?.self).flatMap(Hex.decode)
        return (spec, try sealed.map { try open($0, of: id, name) })
    }

    private func open(_ sealed: [UInt8], of id: Int64, _ name: String) throws -> ConnectionSecret {
        do {
            return try secrets.open(sealed, of: id)
        } catch {
            throw Refusal(
                .conflict, "the secret of connection \(name) was sealed under another key",
                hint: "Give this worker the server-key of the server's data dir, or set the secret anew.")
        }
    }
}
