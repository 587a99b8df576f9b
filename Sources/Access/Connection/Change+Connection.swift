public import Catalog
import Cryptography
public import JSON
import Postgres

extension Change {
    /// `PUT /connections/{domain}.{name}`: needs `write` on the domain. The secret is sealed here and shown nowhere.
    public func putConnection(
        _ address: ConnectionAddress, _ body: JSONValue, _ precondition: Precondition, sealing box: SecretBox
    ) async throws -> Outcome {
        let domain = try await writableDomain(address.domain, for: "connection \(address)")
        try ObjectName.check(address.name, at: "/name")
        let input = try Refusal.reading(body) { ConnectionInput(&$0) }
        return try await put(.connection, at: "\(address)", precondition) { before in
            if let before {
                let current = try await storedConnection(before.id)
                try await refuseRedirection(of: current, to: input)
                if current.spec.kind != input.spec.kind { try await refuseIfUsed(connection: before) }
                try await updateConnection(before.id, input, current, box)
            } else {
                try await insertConnection(address, of: domain, input, box)
            }
        }
    }

    private func insertConnection(
        _ address: ConnectionAddress, of domain: Int64, _ input: ConnectionInput, _ box: SecretBox
    ) async throws {
        let id: Int64 = try await connection.query("SELECT nextval('sluice.object_id')")[0].decode(at: 0)
        let secret = try StoredSecret(input.secret.given, of: id, box)
        try await connection.execute(
            """
            INSERT INTO sluice.connection
                (id, domain_id, name, kind, description, config, secret, secret_mark, secret_names, secret_version)
            VALUES (\(id), \(domain), \(address.name), \(input.spec.kind.rawValue), \(input.spec.description),
                \(input.spec.configJSON.text)::json, decode(\(secret?.sealed), 'hex'), decode(\(secret?.mark), 'hex'),
                \(secret?.names ?? []), \(Int64(secret == nil ? 0 : 1)))
            """)
    }

    private func updateConnection(
        _ id: Int64, _ input: ConnectionInput, _ current: StoredConnection, _ box: SecretBox
    ) async throws {
        try await connection.execute(
            """
            UPDATE sluice.connection SET kind = \(input.spec.kind.rawValue), description = \(input.spec.description),
                config = \(input.spec.configJSON.text)::json, version = version + 1, updated_at = now()
            WHERE id = \(id)
            """)
        if case .unchanged = input.secret { return }
        let secret = try StoredSecret(input.secret.given, of: id, box)
        guard secret?.mark != current.secretMark else { return }
        try await connection.execute(
            """
            UPDATE sluice.connection SET secret = decode(\(secret?.sealed), 'hex'),
                secret_mark = decode(\(secret?.mark), 'hex'), secret_names = \(secret?.names ?? []),
                secret_version = secret_version + 1
            WHERE id = \(id)
            """)
    }

    /// A secret goes nowhere but where those who gave it wanted it to go: whoever may write the domain, but does not know
    /// the secret, could otherwise have it sent to a server of its own.
    private func refuseRedirection(of current: StoredConnection, to input: ConnectionInput) async throws {
        guard current.secretMark != nil, case .unchanged = input.secret,
            !current.spec.leadsToTheSamePlace(as: input.spec)
        else { return }
        throw Refusal.invalid(
            at: "/secret", "must be given anew, or be null, when config changes",
            hint: "The secret that is kept was given for another place.")
    }

    /// `DELETE /connections/{domain}.{name}`, unless a pipeline reads through it.
    public func deleteConnection(_ address: ConnectionAddress, _ precondition: Precondition) async throws {
        _ = try await writableDomain(address.domain, for: "connection \(address)")
        try await delete(.connection, at: "\(address)", precondition) { before in
            try await refuseIfUsed(connection: before)
            try await connection.execute("DELETE FROM sluice.connection WHERE id = \(before.id)")
        }
    }

    private func refuseIfUsed(connection document: Document) async throws {
        try await refuseIfUsed(
            "connection \(document.address)",
            by: """
                SELECT 'pipeline ' || d.address FROM sluice.pipeline_document AS d
                JOIN sluice.pipeline_connection AS c ON c.pipeline_id = d.id
                WHERE c.connection_id = \(document.id) ORDER BY d.id
                """)
    }

    /// The id of a domain in which the caller may create connections and pipelines.
    func writableDomain(_ name: String, for object: String) async throws -> Int64 {
        guard let id = try await id(of: name, in: "domain"), caller.authority.allows(.describe, on: id) else {
            throw Refusal.notFound(object)
        }
        try caller.authority.require(.write, on: id, called: "domain \(name)")
        return id
    }

    private func storedConnection(_ id: Int64) async throws -> StoredConnection {
        let rows = try await connection.query(
            """
            SELECT json_build_object('kind', kind, 'config', config)::text, encode(secret_mark, 'hex')
            FROM sluice.connection WHERE id = \(id)
            """)
        let spec = try JSONValue.parse(Array(rows[0].decode(at: 0, as: String.self).utf8))
        return StoredConnection(spec: try ConnectionSpec.parse(spec), secretMark: try rows[0].decode(at: 1))
    }
}

/// A connection as it was, as far as a change of it depends on that.
private struct StoredConnection {
    var spec: ConnectionSpec
    /// In hex; `nil` without a secret.
    var secretMark: String?
}

/// A secret as it goes into its row, in hex.
private struct StoredSecret {
    var sealed: String
    var mark: String
    var names: [String]

    /// `nil` for no secret, which one without members is too.
    init?(_ secret: ConnectionSecret?, of connectionID: Int64, _ box: SecretBox) throws {
        guard let secret, !secret.names.isEmpty else { return nil }
        sealed = Hex.encode(try box.seal(secret, of: connectionID))
        mark = Hex.encode(box.mark(secret, of: connectionID))
        names = secret.names
    }
}

extension JSONFieldChange<ConnectionSecret> {
    fileprivate var given: ConnectionSecret? { if case .set(let secret) = self { secret } else { nil } }
}
