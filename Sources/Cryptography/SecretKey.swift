/// A symmetric key of 256 bits. Never printed: its descriptions are redacted.
public struct SecretKey: Sendable {
    /// Length of every key, in bytes.
    public static let byteCount = 32

    let bytes: [UInt8]

    /// Takes exactly ``byteCount`` bytes; throws `invalidKey` otherwise.
    public init(bytes: [UInt8]) throws(CryptographyError) {
        guard bytes.count == Self.byteCount else { throw CryptographyError(.invalidKey) }
        self.bytes = bytes
    }

    /// Makes a new random key.
    public static func random() throws(CryptographyError) -> SecretKey {
        try SecretKey(bytes: SecureRandom.bytes(byteCount))
    }

    /// Derives the key for one purpose, so that one stored secret never serves two algorithms or two meanings.
    ///
    /// HMAC-SHA-256 of `purpose` under this key, which is HKDF-Expand (RFC 5869 §2.3) for a single block without counter.
    public func derived(for purpose: String) throws(CryptographyError) -> SecretKey {
        try SecretKey(bytes: HMACSHA256.authenticationCode(for: Array(purpose.utf8), key: self))
    }

    /// Lends the key's bytes, for writing them to the one file that keeps them.
    public func withBytes<Result, Failure: Error>(_ body: ([UInt8]) throws(Failure) -> Result) throws(Failure) -> Result
    {
        try body(bytes)
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "SecretKey(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
