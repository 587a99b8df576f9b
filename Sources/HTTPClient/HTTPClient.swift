internal import CCurl

/// A blocking HTTP client over libcurl: for commands, tests, and files that a job process reads; never on a server's loop.
///
/// One request at a time; the connection is kept between requests to the same server. Redirects are not followed, and
/// only `http` and `https` are spoken. Without a route, proxies are taken from the environment, as curl does.
public final class HTTPClient {
    /// How long and how much a request may take.
    public struct Limits: Sendable {
        /// Until the connection stands, TLS included.
        public var connecting: Duration = .seconds(5)
        /// Until the answer is complete; `nil`: no bound.
        public var total: Duration? = .seconds(60)
        /// The longest pause without a byte (checked by the second); ends streams without a total bound.
        public var idle: Duration = .seconds(60)
        /// Of a collected body, in bytes.
        public var maxBodyBytes = 64 << 20

        public init() {}
    }

    public var limits: Limits
    let route: HTTPRoute?
    let handle: UnsafeMutableRawPointer

    private static let isInitialised = curl_global_init(3 /* CURL_GLOBAL_ALL */) == CURLE_OK

    /// - Parameter route: Where every connection goes; `nil`: where the URL's host is found.
    public init(limits: Limits = Limits(), route: HTTPRoute? = nil) throws(HTTPClientError) {
        guard Self.isInitialised, let handle = curl_easy_init() else {
            throw HTTPClientError(.failed, "libcurl cannot be initialised")
        }
        self.handle = handle
        self.limits = limits
        self.route = route
    }

    deinit { curl_easy_cleanup(handle) }

    /// Sends `request` and returns the whole answer, whatever its status.
    public func send(_ request: HTTPRequest) throws(HTTPClientError) -> HTTPResponse {
        let transfer = Transfer(maxBodyBytes: limits.maxBodyBytes)
        try perform(request, transfer)
        return transfer.response
    }

    /// Sends `request` with the body that `upload` gives piece by piece, and returns the whole answer.
    ///
    /// The answer may come before all is sent; then the rest is not. Throws what `upload.read` throws.
    public func send(_ request: HTTPRequest, uploading upload: HTTPUpload) throws -> HTTPResponse {
        precondition(request.body == nil, "a request has one body")
        let transfer = Transfer(maxBodyBytes: limits.maxBodyBytes, upload: upload)
        do throws(HTTPClientError) {
            try perform(request, transfer)
        } catch {
            // The answer was complete when the connection broke: sending the rest was in vain anyway.
            if transfer.failure == nil, error.code == .interrupted, transfer.response.status >= 400 {
                return transfer.response
            }
            throw transfer.failure ?? error
        }
        return transfer.response
    }

    /// Sends `request` and hands the body over piece by piece, with the head as it stands by then.
    ///
    /// Returns the answer without its body. When `receive` throws, the connection is closed and the error passed on; when
    /// the connection ends early, `interrupted` follows the pieces that came.
    public func stream(
        _ request: HTTPRequest, receive: @escaping (HTTPResponse, UnsafeRawBufferPointer) throws -> Void
    ) throws -> HTTPResponse {
        let transfer = Transfer(maxBodyBytes: .max, receive: receive)
        do throws(HTTPClientError) {
            try perform(request, transfer)
        } catch {
            throw transfer.failure ?? error
        }
        return transfer.response
    }

    private func perform(_ request: HTTPRequest, _ transfer: Transfer) throws(HTTPClientError) {
        // Options go, the connection stays.
        curl_easy_reset(handle)
        let headers = try StringList(request.headerLines())
        let redirections = try StringList(route?.redirections ?? [])
        let resolutions = try StringList(route?.resolutions() ?? [])
        var detail = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let body = request.body ?? []
        let result = detail.withUnsafeMutableBufferPointer { detail in
            body.withUnsafeBufferPointer { body in
                guard configure(request, headers, transfer, body, detail), configure(redirections, resolutions) else {
                    return CURLE_FAILED_INIT
                }
                return curl_easy_perform(handle)
            }
        }
        withExtendedLifetime(headers) {}
        withExtendedLifetime(redirections) {}
        withExtendedLifetime(resolutions) {}
        withExtendedLifetime(transfer) {}
        if transfer.isTooLarge {
            throw HTTPClientError(
                .bodyTooLarge, "\(request.url): the answer is longer than \(limits.maxBodyBytes) bytes")
        }
        guard result == CURLE_OK else {
            throw detail.withUnsafeMutableBufferPointer { error(result, $0, of: request) }
        }
    }

    /// Why the request has failed.
    ///
    /// - Parameter detail: What libcurl wrote of it, up to a zero.
    func error(
        _ result: CURLcode, _ detail: UnsafeMutableBufferPointer<CChar>, of request: HTTPRequest
    ) -> HTTPClientError {
        var systemError = 0
        _ = sluice_curl_get_long(handle, CURLINFO_OS_ERRNO, &systemError)
        let reason = String(decoding: detail.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return HTTPClientError(result, detail: reason, systemError: systemError, url: request.url)
    }

    /// Sets what a request and the limits say.
    func configure(
        _ request: HTTPRequest, _ headers: borrowing StringList, _ transfer: Transfer,
        _ body: UnsafeBufferPointer<UInt8>, _ detail: UnsafeMutableBufferPointer<CChar>
    ) -> Bool {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        var results = [
            sluice_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, detail.baseAddress),
            sluice_curl_set_string(handle, CURLOPT_URL, request.url),
            sluice_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            sluice_curl_set_string(handle, CURLOPT_USERAGENT, "sluice"),
            sluice_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method),
            sluice_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers.list),
            // Signals belong to the process, not to a library's time-outs.
            sluice_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            sluice_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, limits.connecting.milliseconds),
            sluice_curl_set_long(handle, CURLOPT_TIMEOUT_MS, limits.total?.milliseconds ?? 0),
            sluice_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1),
            sluice_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, max(1, limits.idle.milliseconds / 1000)),
            sluice_curl_set_write(handle, CURLOPT_HEADERFUNCTION, Transfer.headerCallback),
            sluice_curl_set_pointer(handle, CURLOPT_HEADERDATA, context),
            sluice_curl_set_write(handle, CURLOPT_WRITEFUNCTION, Transfer.bodyCallback),
            sluice_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
        ]
        if let upload = transfer.upload {
            // -1: libcurl sends chunks (RFC 9112 §7.1).
            results += [
                sluice_curl_set_long(handle, CURLOPT_UPLOAD, 1),
                sluice_curl_set_large(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.byteCount ?? -1)),
                sluice_curl_set_read(handle, CURLOPT_READFUNCTION, Transfer.uploadCallback),
                sluice_curl_set_pointer(handle, CURLOPT_READDATA, context),
                sluice_curl_set_long(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10),
            ]
        } else if request.method == "HEAD" {
            results.append(sluice_curl_set_long(handle, CURLOPT_NOBODY, 1))
        } else if request.body != nil {
            results.append(sluice_curl_set_long(handle, CURLOPT_POST, 1))
            results.append(sluice_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count))
            // An empty array has no address, and without one libcurl would read the body from standard input.
            let address =
                body.isEmpty
                ? UnsafeMutableRawPointer(detail.baseAddress) : UnsafeMutableRawPointer(mutating: body.baseAddress)
            results.append(sluice_curl_set_pointer(handle, CURLOPT_POSTFIELDS, address))
        }
        return results.allSatisfy { $0 == CURLE_OK }
    }

    /// Binds what follows to the route, if there is one.
    func configure(_ redirections: borrowing StringList, _ resolutions: borrowing StringList) -> Bool {
        guard route != nil else { return true }
        let results = [
            sluice_curl_set_pointer(handle, CURLOPT_CONNECT_TO, redirections.list),
            sluice_curl_set_pointer(handle, CURLOPT_RESOLVE, resolutions.list),
            // Empty: none, whatever the environment says.
            sluice_curl_set_string(handle, CURLOPT_PROXY, ""),
        ]
        return results.allSatisfy { $0 == CURLE_OK }
    }
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
