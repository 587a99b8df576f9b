internal import COpenSSL

/// Randomness fit for keys and tokens: libcrypto's generator, seeded by the kernel.
public enum SecureRandom {
    /// Returns `count` random bytes; throws `libraryFailure` when the generator cannot be seeded.
    public static func bytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
        precondition((0...1 << 20).contains(count), "randomness is for keys and tokens, not for bulk data")
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, CInt(count)) == 1 else { throw CryptographyError(.libraryFailure) }
        return bytes
    }

    /// Returns a token of `byteCount` random bytes (256 bits by default) in base64url after `prefix`.
    ///
    /// A prefix tells people and secret scanners what they have found.
    public static func token(prefix: String = "", byteCount: Int = 32) throws(CryptographyError) -> String {
        prefix + Base64URL.encode(try bytes(byteCount))
    }
}
