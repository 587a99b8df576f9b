/// Finds the handler of a request by method and path.
///
/// `HEAD` is served by the `GET` route; `OPTIONS` of a known path answers its methods; another method there is 405
/// with `Allow`; any other path 404. `Context` is what the caller gives to each handler beside the request.
public struct Router<Context: Sendable>: Sendable {
    /// Answers a request; a `Problem` that it throws becomes the answer. Runs on the connection's loop: must not block.
    public typealias Handler = @Sendable (Request, Context) async throws -> Response

    /// A method and the pattern of the paths that it serves, as they were registered.
    public struct Route: Sendable {
        public let method: Method
        /// `/api/v1/datasets/{address}/rows`
        public let pattern: String
        public let handler: Handler
        let names: [String]
    }

    /// A route and the request with its path parameters in place.
    public struct Match: Sendable {
        public let route: Route
        public let request: Request

        /// Runs the handler of the route; throws what that throws.
        public func respond(in context: Context) async throws -> Response {
            try await route.handler(request, context)
        }
    }

    /// All routes in the order of registration: what the OpenAPI document must list.
    public private(set) var routes: [Route] = []
    private var trie = SegmentTrie<Int>()

    public init() {}

    /// Registers a route. A second one for the same method and pattern, or a malformed pattern, traps.
    ///
    /// - Parameter pattern: Literal segments, `{name}` for one segment, `{name...}` for all that are left.
    public mutating func on(_ method: Method, _ pattern: String, _ handler: @escaping Handler) {
        let parsed = PathPattern(pattern)
        trie.insert(routes.count, method: method, pattern: parsed)
        routes.append(Route(method: method, pattern: pattern, handler: handler, names: parsed.names))
    }

    /// Finds the route for a request and notes its pattern for the log.
    ///
    /// - Returns: `nil` for an `OPTIONS` request that no route serves itself; `options(_:)` answers it.
    /// - Throws: `Problem` 404 or 405.
    public func match(_ request: Request) throws(Problem) -> Match? {
        switch trie.find(request.method, request.target.segments) {
        case .found(let index, let values):
            let route = routes[index]
            request.exchange.route = route.pattern
            var matched = request
            if !values.isEmpty { matched.parameters = PathParameters(names: route.names, values: values) }
            return Match(route: route, request: matched)
        case .otherMethods(let methods):
            if request.method == .options { return nil }
            throw Problem.methodNotAllowed(allowed(methods))
        case .none:
            if request.method == .options, request.path == "*" { return nil }
            throw Problem.notFound("No resource has the path \(request.path).")
        }
    }

    /// The answer to an `OPTIONS` request: 204 with `Allow`.
    public func options(_ request: Request) -> Response {
        var methods = Set(Method.allCases).subtracting(Method.unserved)
        if case .otherMethods(let found) = trie.find(.options, request.target.segments) { methods = found }
        let list = allowed(methods).map(\.rawValue).joined(separator: ", ")
        return Response(204, fields: ["Allow": list])
    }

    /// Routes and answers a request.
    public func respond(to request: Request, in context: Context) async throws -> Response {
        guard let match = try match(request) else { return options(request) }
        return try await match.respond(in: context)
    }

    private func allowed(_ methods: Set<Method>) -> [Method] {
        Method.allCases.filter { method in
            methods.contains(method) || method == .options || (method == .head && methods.contains(.get))
        }
    }
}
