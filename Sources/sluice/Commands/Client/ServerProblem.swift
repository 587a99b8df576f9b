internal import JSON

/// What a server answers instead of doing something (RFC 9457).
struct ServerProblem: Error, Sendable {
    struct Fault: Sendable {
        /// JSON pointer into the request's body.
        var pointer: String
        var detail: String
    }

    var status: Int
    var code: String
    var detail: String
    var hint: String?
    var errors: [Fault] = []
    /// Of a fault in SQL: characters from 1.
    var position: Int?
    /// As the server wrote it; `nil` when it was none.
    var document: JSONValue?

    /// - Parameter body: A problem document; anything else comes from something between us and the server.
    init(status: Int, body: [UInt8]) {
        self.status = status
        guard let value = try? JSONValue.parse(body), let code = value["code"]?.stringValue else {
            code = "http_\(status)"
            detail = "the server answered with status \(status) and no explanation"
            hint = "Is it a Sluice server that listens at this address?"
            return
        }
        self.code = code
        document = value
        detail = value["detail"]?.stringValue ?? value["title"]?.stringValue ?? code
        hint = value["hint"]?.stringValue
        position = value["position"]?.intValue
        errors = (value["errors"]?.arrayValue ?? []).compactMap { error in
            guard let pointer = error["pointer"]?.stringValue, let detail = error["detail"]?.stringValue else {
                return nil
            }
            return Fault(pointer: pointer, detail: detail)
        }
    }

    /// As a person reads it where there is no file to point into.
    var failure: CommandFailure {
        let place = position.map { " at character \($0)" } ?? ""
        let faults = errors.map { "\n  \($0.pointer.isEmpty ? "" : "\($0.pointer) ")\($0.detail)" }.joined()
        return CommandFailure(.refused, "error: \(detail)\(place) (\(code))\(faults)", hint: hint)
    }
}
