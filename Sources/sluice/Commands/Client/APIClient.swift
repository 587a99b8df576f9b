internal import HTTPClient
internal import JSON

/// Calls operations of one server.
struct APIClient {
    private static let base = "/api/v1"
    /// Of an answer that tells what went wrong.
    private static let maxProblemBytes = 1 << 20

    let access: ServerAccess

    init(_ access: ServerAccess) {
        self.access = access
    }

    /// Sends a JSON body and returns the JSON answered.
    ///
    /// - Throws: `ServerProblem` when the server refuses; `CommandFailure` when there is no usable answer.
    func post(_ path: String, _ body: JSONValue, patience: Duration = .seconds(60)) throws -> JSONValue {
        var limits = HTTPClient.Limits()
        limits.total = patience
        limits.idle = patience
        let response = try reach { () throws(HTTPClientError) in
            try HTTPClient(limits: limits).send(request(path, body, accept: "application/json"))
        }
        guard (200..<300).contains(response.status) else {
            throw ServerProblem(status: response.status, body: response.body)
        }
        do {
            return try JSONValue.parse(response.body, limits: JSONLimits(maxBytes: limits.maxBodyBytes))
        } catch {
            throw CommandFailure(.unreachable, "error: the answer of \(access.url) is not JSON: \(error)")
        }
    }

    /// Sends a JSON body and hands on the pieces of what is answered, however long it gets.
    ///
    /// - Parameter pause: The longest wait between two pieces.
    /// - Returns: Whether the server says that the answer is not the whole one.
    func stream(
        _ path: String, _ body: JSONValue, accept: String, pause: Duration,
        to receive: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Bool {
        var limits = HTTPClient.Limits()
        limits.total = nil
        limits.idle = pause
        let request = request(path, body, accept: accept)
        var problem: [UInt8] = []
        let response = try reach {
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

    /// One segment of a path: everything but unreserved characters in percent-encoding (RFC 3986 §2).
    static func segment(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                String(Unicode.Scalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private func request(_ path: String, _ body: JSONValue, accept: String) -> HTTPRequest {
        HTTPRequest(
            "POST", access.url + Self.base + path,
            headers: [
                ("Authorization", "Bearer \(access.token)"), ("Content-Type", "application/json"), ("Accept", accept),
            ], body: body.encoded())
    }

    private func reach<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as HTTPClientError {
            let hint =
                error.code == .cannotConnect
                ? "Is the server running? sluice serve starts one; --url or SLUICE_URL says where it listens." : nil
            throw CommandFailure(.unreachable, "error: \(error.message)", hint: hint)
        }
    }
}
