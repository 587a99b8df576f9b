public import Catalog
import Cryptography
public import JSON
import Postgres

/// A bearer token. Its text is shown once; the warehouse keeps the SHA-256.
public struct NewToken: Sendable {
    /// Its row in `sluice.token`: what it is revoked by.
    public var id: Int64
    public var text: String
    public var document: Document
}

extension Change {
    static let defaultTokenSeconds = 90 * 86_400
    static let maxTokenSeconds = 10 * 366 * 86_400

    /// `POST /principals/{name}/tokens`: for oneself, or as a manager of the platform.
    public func makeToken(of name: String, _ body: JSONValue) async throws -> NewToken {
        let (description, seconds) = try Refusal.reading(body) {
            (
                $0.text("description", limit: 1000),
                $0.optional("expiresInSeconds", in: 1...Self.maxTokenSeconds) ?? Self.defaultTokenSeconds
            )
        }
        guard name == caller.name || caller.authority.allows(.manage),
            let principal = try await id(of: name, in: "principal")
        else { throw Refusal.notFound("principal \(name)") }
        return try await insertToken(
            of: principal, text: try BearerToken.random(), description: description, seconds: seconds)
    }

    func insertToken(of principal: Int64, text: String, description: String?, seconds: Int) async throws -> NewToken {
        let hash = Hex.encode(BearerToken.hash(text))
        let rows = try await connection.query(
            """
            INSERT INTO sluice.token (principal_id, hash, description, expires_at)
            VALUES (\(principal), decode(\(hash), 'hex'), \(description), now() + make_interval(secs => \(Double(seconds))))
            RETURNING id
            """)
        let id: Int64 = try rows[0].decode(at: 0)
        guard let document = try await Document.read(.token, id: id, on: connection) else {
            throw Refusal.notFound("token \(id)")
        }
        record("create", "token \(id)", before: nil, after: document, changesPolicy: false)
        return NewToken(id: id, text: text, document: document)
    }

    /// `DELETE /tokens/{id}`: one's own, or as a manager of the platform.
    public func deleteToken(_ address: String, _ precondition: Precondition) async throws {
        guard let document = try await Document.read(.token, at: address, on: connection),
            document.scopeID == caller.principalID || caller.authority.allows(.manage)
        else { throw Refusal.notFound("token \(address)") }
        try await delete(.token, at: address, precondition) { before in
            try await connection.execute("DELETE FROM sluice.token WHERE id = \(before.id)")
        }
    }
}

/// The form of tokens: `slt_` and 32 random bytes in base64url, so that scanners for leaked secrets can know them.
public enum BearerToken {
    public static let prefix = "slt_"

    static func random() throws -> String { try SecureRandom.token(prefix: prefix) }

    /// SHA-256 of the token's text: tokens are random, so a slow hash would add nothing.
    public static func hash(_ text: String) -> [UInt8] { SHA256.hash(text) }
}
