internal import CCurl

/// An answer whose body is pulled: what is not asked for stays with the server. Blocks; for one thread at a time.
public final class HTTPDownload {
    /// The answer without its body.
    public var head: HTTPResponse { transfer.response }

    private let client: HTTPClient
    private let request: HTTPRequest
    private let multi: UnsafeMutableRawPointer
    private let transfer: Transfer
    private let headers: StringList
    private let redirections: StringList
    private let resolutions: StringList
    private let detail: UnsafeMutableBufferPointer<CChar>
    private let waiting = Waiting()
    private var end: End?

    /// Bytes that have come and have not been asked for: a piece of libcurl's beyond the bound at most.
    private final class Waiting {
        static let limit = 256 << 10
        var bytes: [UInt8] = []
        var start = 0
        var isEmpty: Bool { start == bytes.count }
    }

    private enum End {
        case complete
        case failed(HTTPClientError)
    }

    /// Sends `request` and waits for the head of the answer.
    ///
    /// - Parameters:
    ///   - limits: `total` and `maxBodyBytes` do not count here. `idle` is time that the server takes, not the
    ///     caller's; in so long the head must be there, connecting included.
    ///   - route: Where the connection goes; `nil`: where the URL's host is found.
    public init(
        _ request: HTTPRequest, limits: HTTPClient.Limits = HTTPClient.Limits(), route: HTTPRoute? = nil
    ) throws(HTTPClientError) {
        headers = try StringList(request.headerLines())
        redirections = try StringList(route?.redirections ?? [])
        resolutions = try StringList(route?.resolutions() ?? [])
        client = try HTTPClient(limits: limits, route: route)
        client.limits.total = nil
        self.request = request
        guard let multi = curl_multi_init() else { throw HTTPClientError(.failed, "libcurl cannot be initialised") }
        self.multi = multi
        detail = .allocate(capacity: Int(CURL_ERROR_SIZE))
        detail.initialize(repeating: 0)
        let waiting = waiting
        transfer = Transfer(
            maxBodyBytes: .max, isFull: { waiting.bytes.count - waiting.start >= Waiting.limit },
            receive: { _, piece in waiting.bytes += piece })
        guard client.configure(request, headers, transfer, UnsafeBufferPointer(start: nil, count: 0), detail),
            client.configure(redirections, resolutions),
            // libcurl would count the time that the caller takes.
            sluice_curl_set_long(client.handle, CURLOPT_LOW_SPEED_TIME, 0) == CURLE_OK,
            // Of HTTP/2 libcurl takes up to 32 MiB that nobody has asked for.
            sluice_curl_set_long(client.handle, CURLOPT_HTTP_VERSION, 2 /* CURL_HTTP_VERSION_1_1 */) == CURLE_OK,
            curl_multi_add_handle(multi, client.handle) == CURLM_OK
        else { throw HTTPClientError(.failed, "libcurl does not take the request") }
        let deadline = ContinuousClock.now + limits.idle
        while !transfer.isFinalHeadComplete, end == nil { step(until: deadline) }
        if !transfer.isFinalHeadComplete, case .failed(let error) = end { throw error }
    }

    deinit {
        curl_multi_remove_handle(multi, client.handle)
        curl_multi_cleanup(multi)
        // The client outlives what its handle points to.
        curl_easy_reset(client.handle)
        detail.deallocate()
    }

    /// Puts bytes of the body into `buffer`, which is not empty, and returns how many; 0 at the end.
    ///
    /// - Throws: Once all that came before has been handed out, why no more comes.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPClientError) -> Int {
        if waiting.isEmpty {
            waiting.bytes.removeAll(keepingCapacity: true)
            waiting.start = 0
            if end == nil, curl_easy_pause(client.handle, 0 /* CURLPAUSE_CONT */) != CURLE_OK {
                end = .failed(HTTPClientError(.failed, "\(request.url): libcurl does not go on"))
            }
        }
        let deadline = ContinuousClock.now + client.limits.idle
        while waiting.isEmpty {
            switch end {
            case nil: step(until: deadline)
            case .complete?: return 0
            case .failed(let error)?: throw error
            }
        }
        let count = min(buffer.count, waiting.bytes.count - waiting.start)
        buffer.copyBytes(from: waiting.bytes[waiting.start..<waiting.start + count])
        waiting.start += count
        return count
    }

    /// Takes what has come, and waits a while where nothing has.
    private func step(until deadline: ContinuousClock.Instant) {
        var running: Int32 = 0
        let status = curl_multi_perform(multi, &running)
        if status == CURLM_OK, running > 0 {
            if ContinuousClock.now >= deadline, waiting.isEmpty {
                end = .failed(HTTPClientError(.timedOut, "\(request.url): nothing more has come in time"))
            } else if waiting.isEmpty {
                curl_multi_poll(multi, nil, 0, 500, nil)
            }
            return
        }
        var left: Int32 = 0
        guard status == CURLM_OK, let message = curl_multi_info_read(multi, &left) else {
            let reason = String(cString: curl_multi_strerror(status))
            end = .failed(HTTPClientError(.failed, "\(request.url): \(reason)"))
            return
        }
        let result = message.pointee.data.result
        end = result == CURLE_OK ? .complete : .failed(client.error(result, detail, of: request))
    }
}
