internal import CCurl
internal import Glibc

/// Why there is no complete answer.
public struct HTTPClientError: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        /// The URL, method or a header cannot be sent.
        case invalidRequest
        /// The name does not resolve, or nobody listens there.
        case cannotConnect
        case timedOut
        case tlsFailed
        /// The connection ended before the answer did.
        case interrupted
        /// What came is not HTTP.
        case malformedResponse
        /// The body is longer than the client takes.
        case bodyTooLarge
        /// libcurl failed in another way.
        case failed
    }

    public var code: Code
    /// One line for people, in the words of the system: `cannot connect to …: Connection refused`.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension HTTPClientError: CustomStringConvertible {
    public var description: String { message }
}

extension HTTPClientError {
    init(_ result: CURLcode, detail: String, systemError: Int, url: String) {
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(result)) : detail
        switch result {
        // libcurl takes an answer without a status line for HTTP/0.9, which it does not speak.
        case CURLE_UNSUPPORTED_PROTOCOL where detail.contains("HTTP/0.9"):
            self.init(.malformedResponse, "\(url): the answer is not HTTP")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self.init(.invalidRequest, "\(url): \(reason)")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
            let cause = systemError == 0 ? reason : String(cString: strerror(CInt(systemError)))
            self.init(.cannotConnect, "cannot connect to \(url): \(cause)")
        case CURLE_OPERATION_TIMEDOUT: self.init(.timedOut, "\(url): \(reason)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            self.init(.tlsFailed, "\(url): \(reason)")
        case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2_STREAM:
            self.init(.interrupted, "\(url): the connection ended before the answer did: \(reason)")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
            self.init(.malformedResponse, "\(url): \(reason)")
        default: self.init(.failed, "\(url): \(reason)")
        }
    }
}
