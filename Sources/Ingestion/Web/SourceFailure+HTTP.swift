internal import HTTPClient

extension SourceFailure {
    /// Why an answer of that status is no file; `nil` of 200. Nothing of the answer but its status is told: the rest is the
    /// server's to choose.
    init?(status: Int, of name: String) {
        switch status {
        case 200: return nil
        case 300..<400:
            self.init(
                .sourceRefused,
                "the server answers \(status) for \(name): it is elsewhere, and redirections are not followed",
                hint: "Make the connection's URL the one where its files are.")
        case 401, 403, 407:
            self.init(
                .sourceForbidden, "the server answers \(status) for \(name): it does not give the file",
                hint: "Look at the connection's secret, a token, and at what that may read.")
        case 408, 425, 429, 500...:
            self.init(.sourceUnavailable, "the server answers \(status) for \(name)", isRetryable: true)
        default: self.init(.sourceUnreadable, "the server answers \(status) for \(name)", hint: "Is the path right?")
        }
    }

    /// - Parameter what: What was not reached, and what of it, as a sentence without its end.
    init(_ error: HTTPClientError, _ what: String) {
        let detail = "\(what): \(error.message)"
        switch error.code {
        case .cannotConnect, .timedOut, .interrupted, .failed:
            self.init(.sourceUnavailable, detail, isRetryable: true)
        case .tlsFailed:
            self.init(.sourceUnavailable, detail, hint: "Its certificate must be one that the worker's machine trusts.")
        case .malformedResponse: self.init(.sourceUnreadable, detail, hint: "Does a web server listen there?")
        case .invalidRequest, .bodyTooLarge: self.init(.sourceUnreadable, detail)
        }
    }
}
