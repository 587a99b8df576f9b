/// Patterns by segment: a literal segment wins over a parameter, a parameter over the rest; and what it wins is the path
/// with all its methods (OpenAPI 3.1, "Path Templating Matching").
struct SegmentTrie<Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        /// Index of the values of `{name...}` here.
        var rest: Int?
        var values: [Method: Value] = [:]
    }

    private var nodes: [Node] = [Node()]

    /// Adds a value; traps when its pattern and method are taken, since routes are the program's own.
    mutating func insert(_ value: Value, method: Method, pattern: PathPattern) {
        var node = 0
        for segment in pattern.segments {
            switch segment {
            case .literal(let text): node = child(nodes[node].literals[text]) { $0.nodes[node].literals[text] = $1 }
            case .parameter: node = child(nodes[node].parameter) { $0.nodes[node].parameter = $1 }
            case .rest: node = child(nodes[node].rest) { $0.nodes[node].rest = $1 }
            }
        }
        precondition(nodes[node].values[method] == nil, "two routes for \(method.rawValue) \(pattern.segments)")
        nodes[node].values[method] = value
    }

    private mutating func child(_ existing: Int?, link: (inout SegmentTrie, Int) -> Void) -> Int {
        if let existing { return existing }
        nodes.append(Node())
        link(&self, nodes.count - 1)
        return nodes.count - 1
    }

    /// What was found for a path.
    enum Match {
        case found(Value, parameters: [String])
        /// The path exists, with these methods only.
        case otherMethods(Set<Method>)
        case none
    }

    /// Finds the value for a path; O(segments), save where several patterns fit a prefix.
    func find(_ method: Method, _ segments: [String]) -> Match {
        var parameters: [String] = []
        var allowed: Set<Method> = []
        if let value = search(0, method, segments, 0, &parameters, &allowed) {
            return .found(value, parameters: parameters)
        }
        return allowed.isEmpty ? .none : .otherMethods(allowed)
    }

    private func search(
        _ node: Int, _ method: Method, _ segments: [String], _ depth: Int, _ parameters: inout [String],
        _ allowed: inout Set<Method>
    ) -> Value? {
        if depth == segments.count { return take(node, method, &allowed) }
        let segment = segments[depth]
        if let next = nodes[node].literals[segment] {
            if let value = search(next, method, segments, depth + 1, &parameters, &allowed) { return value }
            if !allowed.isEmpty { return nil }
        }
        if let next = nodes[node].parameter, !segment.isEmpty {
            parameters.append(segment)
            if let value = search(next, method, segments, depth + 1, &parameters, &allowed) { return value }
            if !allowed.isEmpty { return nil }
            parameters.removeLast()
        }
        if let next = nodes[node].rest, let value = take(next, method, &allowed) {
            parameters.append(segments[depth...].joined(separator: "/"))
            return value
        }
        return nil
    }

    private func take(_ node: Int, _ method: Method, _ allowed: inout Set<Method>) -> Value? {
        if let value = nodes[node].values[method] { return value }
        if method == .head, let value = nodes[node].values[.get] { return value }
        allowed.formUnion(nodes[node].values.keys)
        return nil
    }
}
