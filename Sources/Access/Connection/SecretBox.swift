public import Catalog
public import Cryptography
import JSON

/// Seals the secrets of connections, so that the database holds nothing to steal, and opens them where a job starts.
///
/// A sealed secret is `version (1 byte) ‖ AES-256-GCM message`. It is bound to its connection's id and to the version,
/// which names the key: moved to another row, it does not open.
public struct SecretBox: Sendable {
    /// Of the one key there is: derived from the server's.
    private static let version: UInt8 = 1

    private let key: SecretKey
    private let markKey: SecretKey

    /// - Parameter serverKey: The key in the data dir. A worker on another machine needs the same.
    public init(serverKey: SecretKey) throws(CryptographyError) {
        key = try serverKey.derived(for: "connection secrets")
        markKey = try serverKey.derived(for: "connection secret marks")
    }

    /// The secret encrypted for this connection only: opened under the id of another, it does not open.
    public func seal(_ secret: ConnectionSecret, of connectionID: Int64) throws(CryptographyError) -> [UInt8] {
        let message = try AESGCM.seal(secret.json.encoded(), key: key, context: Self.context(connectionID))
        return [Self.version] + message
    }

    /// The secret of connection `connectionID`.
    ///
    /// - Throws: `CryptographyError` when it was sealed for another connection or under another key, or was altered.
    public func open(_ sealed: [UInt8], of connectionID: Int64) throws -> ConnectionSecret {
        guard sealed.first == Self.version else { throw CryptographyError(.authenticationFailed) }
        let message = try AESGCM.open(Array(sealed.dropFirst()), key: key, context: Self.context(connectionID))
        return try ConnectionSecret(opened: JSONValue.parse(message))
    }

    /// Tells equal secrets of one connection from others, to those who have the key and to nobody else.
    func mark(_ secret: ConnectionSecret, of connectionID: Int64) -> [UInt8] {
        HMACSHA256.authenticationCode(for: Self.context(connectionID) + secret.json.encoded(), key: markKey)
    }

    private static func context(_ connectionID: Int64) -> [UInt8] {
        Array("sluice connection \(connectionID) secret \(version)\n".utf8)
    }
}
