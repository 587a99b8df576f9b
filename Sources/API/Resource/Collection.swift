import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store

/// A kind of object with the usual calls: list, read, put by name, delete.
struct Collection: Sendable {
    typealias Put = @Sendable (Change, String, JSONValue, Precondition) async throws -> Change.Outcome
    typealias Delete = @Sendable (Change, String, Precondition) async throws -> Void

    var kind: ObjectKind
    /// Under `/api/v1`.
    var path: String
    var put: Put?
    var delete: Delete?
    /// Query parameters of the list besides `limit` and `cursor`, each with the condition it stands for.
    var filters: [String: @Sendable (String) -> SQL] = [:]

    func register(in router: inout Router<Platform>) {
        let base = API.base + path
        let member = base + "/{name}"
        router.on(.get, base) { request, platform in try await list(request, platform) }
        router.on(.get, member) { request, platform in try await read(request, platform) }
        if let put {
            router.on(.put, member) { request, platform in
                try request.allow()
                let name = try request.name()
                let body = try await request.json()
                let precondition = try request.precondition()
                return try await platform.change(request) {
                    try await put($0, name, body, precondition)
                } answer: {
                    .outcome($0, at: "\(base)/\(name)")
                }
            }
        }
        if let delete {
            router.on(.delete, member) { request, platform in
                try request.allow()
                let name = try request.name()
                let precondition = try request.precondition()
                return try await platform.change(request) {
                    try await delete($0, name, precondition)
                } answer: {
                    .noContent(policyVersion: $0.policyVersion)
                }
            }
        }
    }

    private func list(_ request: Request, _ platform: Platform) async throws -> Response {
        let page = try Page(request)
        var condition: SQL = "id > \(page.after)"
        for item in request.query.items where item.name != "limit" && item.name != "cursor" {
            guard let filter = filters[item.name] else {
                let known = (["limit", "cursor"] + filters.keys.sorted()).joined(separator: ", ")
                throw Refusal(
                    .invalidParameter, "the parameter \(item.name) is not known", hint: "Known are: \(known).")
            }
            condition += " AND (\(raw: filter(item.value)))"
        }
        let caller = try await platform.caller(of: request)
        let documents = try await platform.sessions.withServerSession { [condition] connection in
            try await Document.select(
                kind, where: condition + " AND \(raw: caller.visible(kind))", limit: page.limit + 1, on: connection)
        }
        return Response(contentType: "application/json", bytes: page.body(of: documents))
    }

    private func read(_ request: Request, _ platform: Platform) async throws -> Response {
        try request.allow()
        let name = try request.name()
        let caller = try await platform.caller(of: request)
        let document = try await platform.sessions.withServerSession { connection in
            try await Document.visible(kind, at: name, to: caller, on: connection)
        }
        return .document(document)
    }
}

extension Document {
    /// The object at `address` if the caller may see it; `not_found` otherwise.
    static func visible(
        _ kind: ObjectKind, at address: String, to caller: Caller, on connection: Connection
    ) async throws -> Document {
        let found = try await select(
            kind, where: kind.condition(address: address) + " AND \(raw: caller.visible(kind))", limit: 1,
            on: connection)
        guard let document = found.first else { throw Refusal.notFound("\(kind.noun) \(address)") }
        return document
    }
}

extension Request {
    /// The last parameter of the path.
    func name(_ parameter: String = "name") throws(Refusal) -> String {
        guard let name = parameters[parameter] else { throw Refusal.notFound("object") }
        return name
    }
}
