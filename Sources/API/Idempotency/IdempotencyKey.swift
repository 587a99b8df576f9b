import Catalog
import Cryptography
import HTTPServer

/// The `Idempotency-Key` of a request, as its row is found and its answer sealed.
///
/// Both are derived from the bearer token: a key belongs to the token it came with, and answers, which may hold
/// secrets (a new token), cannot be read from the database.
struct IdempotencyKey: Sendable {
    static let maxLength = 255

    /// Identifies the row; 64 hexadecimal digits.
    let row: String
    /// Seals the stored body.
    let seal: SecretKey
    /// Under it the request's body is told from others.
    let witness: SecretKey

    init(_ key: String, bearer: String) throws(CryptographyError) {
        let secret = Array(bearer.utf8)
        row = Hex.encode(
            HMACSHA256.authenticationCode(for: Array("sluice idempotency key \(key)".utf8), keyBytes: secret))
        seal = try SecretKey(
            bytes: HMACSHA256.authenticationCode(for: Array("sluice idempotency seal \(key)".utf8), keyBytes: secret))
        witness = try seal.derived(for: "body")
    }
}

extension Request {
    /// The value of `Idempotency-Key`, 1 to 255 visible ASCII characters; `nil` without one.
    func idempotencyKey() throws(Refusal) -> String? {
        let values = fields.values("Idempotency-Key")
        guard let value = values.first else { return nil }
        guard values.count == 1, (1...IdempotencyKey.maxLength).contains(value.utf8.count),
            value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Refusal(
                .invalidParameter, "Idempotency-Key must be 1 to \(IdempotencyKey.maxLength) visible ASCII characters",
                hint: "A random UUID is a good key.")
        }
        return value
    }

    /// The token after `Bearer`; to be asked for when the request has been authenticated.
    var bearer: String {
        (fields["Authorization"]?.split(separator: " ", maxSplits: 1).last).map(String.init) ?? ""
    }
}
