import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store

/// A kind of object with the usual calls: list and read, and what of make, put by name, patch and delete it has.
struct Collection: Sendable {
    /// What a change of one object is made from.
    struct Call: Sendable {
        /// As in the path; empty where a `POST` makes the object, which then has its name in the body.
        var name: String
        var body: JSONValue
        var precondition: Precondition
        /// Seals the secrets of a connection.
        var secrets: SecretBox
    }

    typealias Edit = @Sendable (Change, Call) async throws -> Change.Outcome
    typealias Delete = @Sendable (Change, String, Precondition) async throws -> Void

    var kind: ObjectKind
    /// Under `/api/v1`.
    var path: String
    var make: Edit?
    var put: Edit?
    var patch: Edit?
    var delete: Delete?
    /// What else is done to one object, by a `POST` to the name below it.
    var actions: KeyValuePairs<String, Edit> = [:]
    /// Query parameters of the list besides `limit` and `cursor`, each with the condition it stands for.
    var filters: [String: @Sendable (String) -> SQL] = [:]

    func register(in router: inout Router<Platform>) {
        let base = API.base + path
        let member = base + "/{name}"
        router.on(.get, base) { request, platform in try await list(request, platform) }
        router.on(.get, member) { request, platform in try await read(request, platform) }
        if let make { add(make, on: .post, base, to: &router) }
        if let put { add(put, on: .put, member, to: &router) }
        if let patch { add(patch, on: .patch, member, to: &router) }
        for (action, edit) in actions { add(edit, on: .post, "\(member)/\(action)", to: &router) }
        if let delete {
            router.on(.delete, member) { request, platform in
                try request.allow()
                let name = try request.name()
                let precondition = try request.precondition()
                return try await platform.change(request) {
                    try await delete($0, name, precondition)
                } answer: {
                    .noContent($0)
                }
            }
        }
    }

    private func add(_ edit: @escaping Edit, on method: Method, _ pattern: String, to router: inout Router<Platform>) {
        router.on(method, pattern) { request, platform in
            try request.allow()
            let isOfOne = request.parameters["name"] != nil
            let call = Call(
                name: isOfOne ? try request.name() : "", body: try await request.json(),
                precondition: isOfOne ? try request.precondition() : .none, secrets: platform.secrets)
            return try await platform.change(request) {
                try await edit($0, call)
            } answer: {
                .outcome($0, in: path)
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
        return .list(page.listing(of: documents))
    }

    private func read(_ request: Request, _ platform: Platform) async throws -> Response {
        try request.allow()
        let name = try request.name()
        let caller = try await platform.caller(of: request)
        return try await platform.sessions.withServerSession { connection in
            .item(try await Document.visible(kind, at: name, to: caller, on: connection))
        }
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
