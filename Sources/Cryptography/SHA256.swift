internal import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// Length of a digest, in bytes.
    public static let byteCount = 32

    /// Fetched once: given `EVP_sha256()`, OpenSSL 3 looks the implementation up at each digest, which takes longer than
    /// the digest of a short text.
    // Safe: OpenSSL counts references atomically, and what it points to never changes.
    private nonisolated(unsafe) static let implementation = EVP_MD_fetch(nil, "SHA256", nil)

    /// Returns the 32 bytes of the digest of `message`.
    public static func hash(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let done = EVP_Digest(message, message.count, &digest, nil, implementation, nil)
        // Fails only when the process has no memory or no default provider: nothing the input can cause.
        precondition(done == 1, "libcrypto has no SHA-256")
        return digest
    }

    /// Returns the digest of the UTF-8 bytes of `text`.
    public static func hash(_ text: String) -> [UInt8] { hash(Array(text.utf8)) }
}
