import Catalog
import HTTPServer
import JSON

extension Request {
    /// A parameter of the path.
    func name(_ parameter: String = "name") throws(Refusal) -> String {
        guard let name = parameters[parameter] else { throw Refusal.notFound("object") }
        return name
    }

    /// The value of a query parameter that may be given once.
    func single(_ name: String) throws(Refusal) -> String? {
        let values = query.values(name)
        guard values.count <= 1 else { throw Refusal(.invalidParameter, "\(name) is given more than once") }
        return values.first
    }

    /// A query parameter that is a number within `range`.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = try single(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Refusal(
                .invalidParameter, "\(name) must be a number between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    /// Refuses query parameters that the operation does not know.
    func allow(parameters known: String...) throws(Refusal) {
        for item in query.items where !known.contains(item.name) {
            let list = known.isEmpty ? "none" : known.joined(separator: ", ")
            throw Refusal(.invalidParameter, "the parameter \(item.name) is not known", hint: "Known are: \(list).")
        }
    }

    /// The body as JSON; 415 unless it is declared so, 400 with the place when it is not.
    func json(upTo limit: Int = 1 << 20) async throws -> JSONValue {
        if let type = fields["Content-Type"] {
            let essence = type.split(separator: ";").first?.trimmed.lowercased() ?? ""
            guard essence == "application/json" || essence.hasSuffix("+json") else {
                throw Refusal(.unsupportedMediaType, "the body is \(essence), not application/json")
            }
        }
        let bytes = try await body.collect(upTo: limit)
        do { return try JSONValue.parse(bytes) } catch {
            throw Refusal(
                .malformedJSON, "\(error)", hint: "The place is counted from line 1, column 1.")
        }
    }
}
