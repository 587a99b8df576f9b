internal import COpenSSL

extension SHA256 {
    /// The digest of a message that comes in pieces.
    public struct Pieces: ~Copyable {
        private let context: OpaquePointer

        public init() {
            // As for whole messages: only a broken installation or no memory at all gets here.
            guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
            self.context = context
            precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
        }

        deinit { EVP_MD_CTX_free(context) }

        /// Adds the next piece of the message, of any length.
        public mutating func append(_ bytes: ArraySlice<UInt8>) {
            let done = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
            precondition(done == 1, "libcrypto lost a digest")
        }

        /// Returns the 32 bytes of the digest of all pieces so far; more may follow.
        public func digest() -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: byteCount)
            guard let copy = EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
            defer { EVP_MD_CTX_free(copy) }
            let done = EVP_MD_CTX_copy_ex(copy, context) == 1 && EVP_DigestFinal_ex(copy, &digest, nil) == 1
            precondition(done, "libcrypto lost a digest")
            return digest
        }
    }
}
