internal import COpenSSL

/// AES-256 in Galois/counter mode (NIST SP 800-38D): secrecy and integrity of short messages.
///
/// A sealed message is `nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes)`. Nonces are random, so one key may seal 2³²
/// messages before two of them meet with a chance of 2⁻³²; use ``SecretKey/derived(for:)`` to give each use its own.
public enum AESGCM {
    /// What a sealed message is longer than its content, in bytes.
    public static let overhead = nonceBytes + tagBytes

    static let nonceBytes = 12
    static let tagBytes = 16

    /// Seals `message`. `context` is authenticated but not contained: ``open(_:key:context:)`` must name it again.
    public static func seal(
        _ message: [UInt8], key: SecretKey, context: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        let cipher = try Cipher()
        let nonce = try SecureRandom.bytes(nonceBytes)
        var body = [UInt8](repeating: 0, count: message.count)
        var tag = [UInt8](repeating: 0, count: tagBytes)
        var written: CInt = 0
        guard EVP_EncryptInit_ex(cipher.context, EVP_aes_256_gcm(), nil, key.bytes, nonce) == 1,
            EVP_EncryptUpdate(cipher.context, nil, &written, context, CInt(context.count)) == 1,
            EVP_EncryptUpdate(cipher.context, &body, &written, message, CInt(message.count)) == 1,
            Int(written) == message.count,
            EVP_EncryptFinal_ex(cipher.context, &tag, &written) == 1,
            EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_AEAD_GET_TAG, CInt(tagBytes), &tag) == 1
        else { throw CryptographyError(.libraryFailure) }
        return nonce + body + tag
    }

    /// Returns the content of `sealed`, or throws `authenticationFailed` unless key and context are those it was sealed with.
    public static func open(
        _ sealed: [UInt8], key: SecretKey, context: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        guard sealed.count >= overhead else { throw CryptographyError(.authenticationFailed) }
        let cipher = try Cipher()
        let nonce = Array(sealed[..<nonceBytes])
        let body = Array(sealed[nonceBytes..<(sealed.count - tagBytes)])
        var tag = Array(sealed[(sealed.count - tagBytes)...])
        var message = [UInt8](repeating: 0, count: body.count)
        var written: CInt = 0
        guard EVP_DecryptInit_ex(cipher.context, EVP_aes_256_gcm(), nil, key.bytes, nonce) == 1,
            EVP_DecryptUpdate(cipher.context, nil, &written, context, CInt(context.count)) == 1,
            EVP_DecryptUpdate(cipher.context, &message, &written, body, CInt(body.count)) == 1,
            EVP_CIPHER_CTX_ctrl(cipher.context, EVP_CTRL_AEAD_SET_TAG, CInt(tagBytes), &tag) == 1
        else { throw CryptographyError(.libraryFailure) }
        var rest = [UInt8](repeating: 0, count: tagBytes)
        guard EVP_DecryptFinal_ex(cipher.context, &rest, &written) == 1 else {
            throw CryptographyError(.authenticationFailed)
        }
        return message
    }

    /// One `EVP_CIPHER_CTX *`, freed (and cleansed) exactly once.
    private struct Cipher: ~Copyable {
        let context: OpaquePointer

        init() throws(CryptographyError) {
            guard let context = EVP_CIPHER_CTX_new() else { throw CryptographyError(.libraryFailure) }
            self.context = context
        }

        deinit { EVP_CIPHER_CTX_free(context) }
    }
}
