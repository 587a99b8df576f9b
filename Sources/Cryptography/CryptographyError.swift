/// A failure of a cryptographic operation. Carries no input: it is safe to log.
public struct CryptographyError: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        /// libcrypto could not do what it always can: no memory, no entropy, no provider.
        case libraryFailure
        /// A sealed message was not made with this key and this context, or was altered.
        case authenticationFailed
        /// A key of the wrong length.
        case invalidKey
    }

    public var code: Code

    public init(_ code: Code) {
        self.code = code
    }
}

extension CryptographyError: CustomStringConvertible {
    public var description: String { "CryptographyError.\(code.rawValue)" }
}
