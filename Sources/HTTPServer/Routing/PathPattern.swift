/// The shape of a path: `/api/v1/datasets/{address}/rows`, or `/static/{file...}`, which takes all that is left.
struct PathPattern: Sendable {
    enum Segment: Sendable, Hashable {
        case literal(String)
        /// Exactly one non-empty segment.
        case parameter(String)
        /// One or more segments to the end, joined by `/`.
        case rest(String)
    }

    let segments: [Segment]

    /// Patterns are written in the program: a bad one is a programmer's mistake and traps.
    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a pattern starts with a slash: \(text)")
        let parts = text == "/" ? [] : text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        segments = parts.map { part in
            guard part.hasPrefix("{") else { return .literal(String(part)) }
            precondition(part.hasSuffix("}") && part.utf8.count > 2, "an open parameter in \(text)")
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
        for segment in segments.dropLast() {
            if case .rest = segment { preconditionFailure("{...} is not last in \(text)") }
        }
    }

    /// The parameters' names from left to right.
    var names: [String] {
        segments.compactMap { segment in
            switch segment {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }
}

/// The values of a route's path parameters, decoded.
public struct PathParameters: Sendable {
    private var names: [String] = []
    private var values: [String] = []

    public init() {}

    init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    /// The value of a parameter; `nil` when the route has none of that name.
    public subscript(name: String) -> String? {
        for (index, candidate) in names.enumerated() where candidate == name { return values[index] }
        return nil
    }

    /// The value of a parameter as a type that is read from text, such as `Int` or an id type.
    ///
    /// - Throws: `Problem` 404 when it is no such value: nothing can be there.
    public func require<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = String.self
    ) throws(Problem) -> Value {
        guard let text = self[name], let value = Value(text) else { throw Problem.notFound() }
        return value
    }
}
