internal import HTTPClient
internal import JSON

/// Calls operations of one server.
struct APIClient {
    /// Of an answer that tells what went wrong.
    private static let maxProblemBytes = 1 << 20

    /// What came back from an operation that did what it was asked.
    struct Answer {
        var status: Int
        /// `null` where there is no body.
        var value: JSONValue
    }

    let access: ServerAccess

    init(_ access: ServerAccess) {
        self.access = access
    }

    func get(_ path: String) throws -> JSONValue { try call("GET", path).value }

    /// Sends a JSON body and returns the JSON answered.
    func post(_ path: String, _ body: JSONValue = [:], patience: Duration = .seconds(60)) throws -> JSONValue {
        try call("POST", path, body, patience: patience).value
    }

    func delete(_ path: String) throws { _ = try call("DELETE", path) }

    /// - Throws: `ServerProblem` when the server refuses; `CommandFailure` when there is no usable answer.
    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, patience: Duration = .seconds(60)
    ) throws -> Answer {
        var limits = HTTPClient.Limits()
        limits.total = patience
        limits.idle = patience
        let request = request(method, path, body: body?.encoded())
        return try answer(
            to: access.reach { () throws(HTTPClientError) in try HTTPClient(limits: limits).send(request) })
    }

    /// Sends a body that is read while it is sent; `patience` is the longest wait in which nothing moves.
    func upload(
        _ path: String, contentType: String, headers: [(name: String, value: String)], patience: Duration,
        _ body: HTTPUpload
    ) throws -> JSONValue {
        var limits = HTTPClient.Limits()
        limits.total = nil
        limits.idle = patience
        var request = request("POST", path, body: nil)
        request.headers += [("Content-Type", contentType)] + headers
        return try answer(to: access.reach { try HTTPClient(limits: limits).send(request, uploading: body) }).value
    }

    private func answer(to response: HTTPResponse) throws -> Answer {
        guard (200..<300).contains(response.status) else {
            throw ServerProblem(status: response.status, body: response.body)
        }
        guard !response.body.isEmpty else { return Answer(status: response.status, value: .null) }
        do {
            let limits = JSONLimits(maxBytes: HTTPClient.Limits().maxBodyBytes)
            return Answer(status: response.status, value: try JSONValue.parse(response.body, limits: limits))
        } catch {
            throw CommandFailure(.unreachable, "error: the answer of \(access.url) is not JSON: \(error)")
        }
    }

    /// Hands on the pieces of what is answered, however long it gets.
    ///
    /// - Parameter pause: The longest wait between two pieces.
    /// - Returns: Whether the server says that the answer is not the whole one.
    @discardableResult
    func stream(
        _ method: String, _ path: String, _ body: JSONValue? = nil, accept: String,
        headers: [(name: String, value: String)] = [], pause: Duration,
        to receive: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Bool {
        var limits = HTTPClient.Limits()
        limits.total = nil
        limits.idle = pause
        var request = request(method, path, body: body?.encoded(), accept: accept)
        request.headers += headers
        var problem: [UInt8] = []
        let response = try access.reach {
            try HTTPClient(limits: limits).stream(request) { response, piece in
                if response.status == 200 {
                    try receive(piece)
                } else if problem.count + piece.count <= Self.maxProblemBytes {
                    problem += piece
                }
            }
        }
        guard response.status == 200 else { throw ServerProblem(status: response.status, body: problem) }
        return (response.headers + response.trailers).contains {
            $0.name.lowercased() == "sluice-truncated" && $0.value == "true"
        }
    }

    private func request(
        _ method: String, _ path: String, body: [UInt8]?, accept: String = "application/json"
    ) -> HTTPRequest {
        var headers = [(name: "Authorization", value: "Bearer \(access.token)"), (name: "Accept", value: accept)]
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return HTTPRequest(method, access.url + APIPath.base + path, headers: headers, body: body)
    }
}
