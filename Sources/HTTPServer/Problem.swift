public import JSON

/// An error as clients see it: `application/problem+json` (RFC 9457), thrown by handlers or answered directly.
public struct Problem: Error, Sendable {
    /// One complaint about a body.
    public struct Complaint: Sendable, Hashable {
        /// Where, as a JSON pointer (RFC 6901): `/columns/0/type`.
        public var pointer: String
        public var detail: String

        public init(pointer: String, detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    public var status: Status
    /// Stable and documented: `name_taken`. `type` is made from it.
    public var code: String
    /// What this code means, the same each time.
    public var title: String
    /// What happened this time.
    public var detail: String?
    /// What to do next.
    public var hint: String?
    public var errors: [Complaint] = []
    /// SQLSTATE of a failed statement, five characters.
    public var sqlState: String?
    /// Where in the statement, in characters counted from 1.
    public var position: Int?
    /// Further members: the list of an `in_use`.
    public var members: JSONObject = [:]
    /// Further header fields: `Allow`, `Retry-After`, `WWW-Authenticate`.
    public var fields: Fields = [:]

    public init(
        _ status: Status, _ code: String, _ title: String, detail: String? = nil, hint: String? = nil,
        errors: [Complaint] = [], fields: Fields = [:]
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.fields = fields
    }

    /// The document; members with a name of the problem's own are left out.
    public func json(requestID: String) -> JSONValue {
        var object = JSONObject()
        object["type"] = .string("urn:sluice:error:\(code)")
        object["title"] = .string(title)
        object["status"] = JSONValue(status.code)
        object["detail"] = detail.map(JSONValue.string)
        object["code"] = .string(code)
        object["hint"] = hint.map(JSONValue.string)
        object["requestId"] = .string(requestID)
        if !errors.isEmpty {
            object["errors"] = .array(
                errors.map { .object(["pointer": .string($0.pointer), "detail": .string($0.detail)]) })
        }
        object["sqlState"] = sqlState.map(JSONValue.string)
        object["position"] = position.map { JSONValue($0) }
        for (name, value) in members where object[name] == nil { object[name] = value }
        return .object(object)
    }

    /// The answer to the request with this id.
    public func response(requestID: String) -> Response {
        .json(
            json(requestID: requestID).encoded(), status: status, contentType: "application/problem+json",
            fields: fields)
    }
}

extension Problem {
    /// 500 without any detail: what went wrong is in the log under the request id.
    public static var internalError: Problem {
        Problem(
            500, "internal_error", "The server failed", hint: "Report the requestId; the server's log tells more.")
    }

    /// 404, also for what the caller may not know of.
    public static func notFound(_ detail: String? = nil) -> Problem {
        Problem(404, "not_found", "There is nothing here, or nothing you may see", detail: detail)
    }

    /// 413 over `limit` bytes.
    public static func bodyTooLarge(limit: Int) -> Problem {
        Problem(
            413, "body_too_large", "The request body is too large", detail: "At most \(limit) bytes are taken.",
            hint: "Send less, or in several requests.")
    }

    /// 503 while the server shuts down; the connection closes after it.
    public static var draining: Problem {
        Problem(
            503, "draining", "The server is shutting down", hint: "Retry in a moment.", fields: ["Retry-After": "1"])
    }

    /// 503 for a connection above the limit.
    static var tooManyConnections: Problem {
        Problem(
            503, "too_many_connections", "The server has too many connections", hint: "Retry in a moment.",
            fields: ["Retry-After": "1"])
    }

    static func methodNotAllowed(_ allowed: [Method]) -> Problem {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        return Problem(
            405, "method_not_allowed", "This resource has no such method", hint: "Use one of: \(list).",
            fields: ["Allow": list])
    }
}

extension Problem {
    /// Every code that the server itself answers with, whatever the handler; the error page lists them.
    public static let serverCodes = [
        "malformed_request", "method_unknown", "version_unsupported", "target_too_long", "header_too_large",
        "transfer_coding_unsupported", "expectation_failed", "body_too_large", "request_timeout", "internal_error",
        "not_found", "method_not_allowed", "not_acceptable", "draining", "too_many_connections",
    ]
}
