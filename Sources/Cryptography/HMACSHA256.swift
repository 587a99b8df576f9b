internal import COpenSSL

/// HMAC with SHA-256 (RFC 2104).
public enum HMACSHA256 {
    /// Returns the 32 bytes that authenticate `message` under `key`.
    public static func authenticationCode(for message: [UInt8], key: SecretKey) -> [UInt8] {
        authenticationCode(for: message, keyBytes: key.bytes)
    }

    /// The same with a key of any length, for protocols that bring their own (test vectors, signatures of others).
    public static func authenticationCode(for message: [UInt8], keyBytes: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: SHA256.byteCount)
        // libcrypto takes a null key pointer as "reuse the last key", so an empty key still needs an address.
        let key = keyBytes.isEmpty ? [0] : keyBytes
        let done = HMAC(EVP_sha256(), key, CInt(keyBytes.count), message, message.count, &code, nil)
        // As for SHA-256: only a broken installation gets here.
        precondition(done != nil, "libcrypto has no HMAC-SHA-256")
        return code
    }
}
