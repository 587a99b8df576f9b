/// Why bytes from a client are no request that this server takes.
enum WireError: Error, Hashable, CaseIterable {
    case badRequestLine
    case badTarget
    case unknownMethod
    case unsupportedVersion
    case targetTooLong
    case badField
    case foldedField
    case fieldsTooLarge
    case badHost
    case badContentLength
    case badTransferEncoding
    case unsupportedTransferEncoding
    case ambiguousFraming
    case unknownExpectation
    case badChunk
    case badTrailer
    case bodyTooLarge
    case bodyCutShort
    case headTimeout
    case bodyTimeout

    var problem: Problem {
        switch self {
        case .badRequestLine: malformed("The request line is not METHOD SP target SP HTTP/1.1 CR LF.")
        case .badTarget: malformed("The request target is no valid path with a query, or has a bad escape.")
        case .unknownMethod: Problem(501, "method_unknown", "The server does not know this method")
        case .unsupportedVersion: Problem(505, "version_unsupported", "The server speaks HTTP/1.1 here")
        case .targetTooLong: Problem(414, "target_too_long", "The request target is too long")
        case .badField: malformed("A header field is malformed.")
        case .foldedField: malformed("A header field is folded over several lines.")
        case .fieldsTooLarge: Problem(431, "header_too_large", "The header fields are too many or too large")
        case .badHost: malformed("There must be exactly one valid Host field.")
        case .badContentLength: malformed("Content-Length is not one decimal number.")
        case .badTransferEncoding: malformed("Transfer-Encoding is malformed or does not end in chunked.")
        case .unsupportedTransferEncoding:
            Problem(501, "transfer_coding_unsupported", "Of transfer codings the server knows chunked only")
        case .ambiguousFraming: malformed("Content-Length and Transfer-Encoding exclude each other.")
        case .unknownExpectation: Problem(417, "expectation_failed", "The server knows Expect: 100-continue only")
        case .badChunk: malformed("The chunked body is malformed.")
        case .badTrailer: malformed("The trailer of the chunked body is malformed or too large.")
        case .bodyTooLarge: Problem(413, "body_too_large", "The request body is too large")
        case .bodyCutShort: malformed("The request body ended before its declared end.")
        case .headTimeout: tooSlow("The request's head did not arrive in time.")
        case .bodyTimeout: tooSlow("The request's body did not arrive in time.")
        }
    }

    private func tooSlow(_ detail: String) -> Problem {
        Problem(408, "request_timeout", "The request took too long", detail: detail)
    }

    private func malformed(_ detail: String) -> Problem {
        Problem(400, "malformed_request", "The request is malformed", detail: detail)
    }
}
