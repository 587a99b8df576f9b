import Access
import Catalog
import JSON

/// One document to apply: which object it describes, and the body that the object's own operation takes.
struct ApplyDocument: Sendable, Equatable {
    /// A transaction with more would hold up other changes for long.
    static let maxCount = 10_000

    var index: Int
    var kind: ApplyKind
    /// Name, `domain.name`, or for a grant, which has none, its words.
    var address: String
    var body: JSONObject

    /// The body as the operations take it.
    var value: JSONValue { .object(body) }

    /// Reads `{"documents": […]}`, throwing all that is wrong with kinds and names as one refusal.
    static func read(_ request: JSONValue) throws(Refusal) -> [ApplyDocument] {
        let values = try Refusal.reading(request) { fields in
            let values = fields.required("documents", as: [JSONValue].self)
            if values.count > maxCount { fields.reject("documents", "must have at most \(maxCount) documents") }
            return values
        }
        var reading = DocumentReading()
        let documents = values.enumerated().compactMap { reading.document($0, $1) }
        try reading.refuseFaults()
        try Membership(documents).check()
        return documents
    }

    /// The refusal of the document's operation, with its places seen from the whole request.
    func locating(_ refusal: Refusal, under pointer: String = "") -> Refusal {
        var refusal = refusal
        refusal.detail = "\(kind.rawValue) \(address): \(refusal.detail)"
        if refusal.errors.isEmpty { refusal.errors = [JSONFieldError(pointer: "", detail: refusal.detail)] }
        for index in refusal.errors.indices {
            var place = pointer + refusal.errors[index].pointer
            // `kind` says what the document is, so what a principal or a connection is has another name.
            if let name = kind.fieldForKind, place == "/kind" { place = "/\(name)" }
            refusal.errors[index].pointer = "/documents/\(self.index)\(place)"
        }
        return refusal
    }
}

/// Reads documents one by one and remembers what was wrong.
private struct DocumentReading {
    private var errors: [JSONFieldError] = []
    /// Where each object was described first.
    private var seen: [String: Int] = [:]

    mutating func document(_ index: Int, _ value: JSONValue) -> ApplyDocument? {
        guard var body = value.objectValue else {
            reject(index, "", "must be an object")
            return nil
        }
        guard let kind = kind(index, body) else { return nil }
        body["kind"] = nil
        guard let address = address(index, kind, body) else { return nil }
        if kind != .dataset, kind != .grant { body["name"] = nil }
        if kind == .connection || kind == .pipeline { body["domain"] = nil }
        if let name = kind.fieldForKind {
            if let word = body[name] { body["kind"] = word }
            body[name] = nil
        }
        // Equal grants are one grant; other objects said twice would overwrite each other.
        if kind != .grant, let first = seen.updateValue(index, forKey: "\(kind.rawValue) \(address)") {
            reject(index, "/name", "describes \(kind.rawValue) \(address), as /documents/\(first) does")
            return nil
        }
        return ApplyDocument(index: index, kind: kind, address: address, body: body)
    }

    private mutating func kind(_ index: Int, _ body: JSONObject) -> ApplyKind? {
        guard let word = body["kind"]?.stringValue else {
            reject(index, "/kind", body.contains("kind") ? "must be a string" : "is required")
            return nil
        }
        guard let kind = ApplyKind(rawValue: word) else {
            reject(index, "/kind", ApplyKind.fault(in: word))
            return nil
        }
        return kind
    }

    private mutating func address(_ index: Int, _ kind: ApplyKind, _ body: JSONObject) -> String? {
        switch kind {
        case .grant:
            let words = ["privilege", "on", "to"].map { body[$0]?.stringValue ?? "?" }
            return "\(words[0]) on \(words[1]) to \(words[2])"
        case .dataset, .connection, .pipeline:
            guard let domain = name(index, "domain", body), let name = name(index, "name", body) else { return nil }
            return "\(domain).\(name)"
        default: return name(index, "name", body)
        }
    }

    private mutating func name(_ index: Int, _ field: String, _ body: JSONObject) -> String? {
        guard let name = body[field]?.stringValue else {
            reject(index, "/\(field)", body.contains(field) ? "must be a string" : "is required")
            return nil
        }
        return name
    }

    private mutating func reject(_ index: Int, _ pointer: String, _ detail: String) {
        errors.append(JSONFieldError(pointer: "/documents/\(index)\(pointer)", detail: detail))
    }

    func refuseFaults() throws(Refusal) {
        guard !errors.isEmpty else { return }
        throw Refusal(JSONFieldErrors(errors: errors))
    }
}
