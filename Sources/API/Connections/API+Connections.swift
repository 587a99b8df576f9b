import Access
import Catalog
import HTTPServer
import JSON
import Scheduling
import Store

extension API {
    /// Questions about connections. This process asks; a job process of some worker looks.
    static func addConnectionProbes(to router: inout Router<Platform>) {
        router.on(.post, base + "/connections/{name}/test") { request, platform in
            try request.allow()
            let (connection, caller) = try await platform.connection(of: request)
            let answer = try await platform.answer(to: .test, about: connection, for: caller)
            guard case .report(let report) = answer else { throw ProbeAnswer.mismatch }
            return .item(report.json)
        }
        router.on(.get, base + "/connections/{name}/browse") { request, platform in
            try request.allow(
                parameters: "path", "limit", "cursor", "inspect", "format", "compression", "header", "nullText",
                "delimiter")
            let (connection, caller) = try await platform.connection(of: request)
            let question = try request.browseQuestion(about: connection)
            let answer = try await platform.answer(to: question, about: connection, for: caller)
            guard case .page(let page) = answer else { throw ProbeAnswer.mismatch }
            let next = page.next.map { BrowseCursor(path: question.path, after: $0).text }
            return .list(Listing(page.items.map(\.json.text), next: next))
        }
    }
}

/// A connection that the caller may write, so far as questions go.
struct ProbedConnection: Sendable {
    var id: Int64
    var address: ConnectionAddress
    var kind: ConnectionKind
}

extension Platform {
    /// The connection that the path names; `not_found` for whoever may not write its domain.
    func connection(of request: Request) async throws -> (ProbedConnection, Caller) {
        let address = try ConnectionAddress.path(request.name())
        let caller = try await caller(of: request)
        let document = try await sessions.withServerSession { connection in
            try await Document.visible(.connection, at: "\(address)", to: caller, on: connection)
        }
        guard let word = try document.body()["kind"]?.stringValue, let kind = ConnectionKind(rawValue: word) else {
            throw Refusal(.conflict, "connection \(address) is of a kind that this version does not have")
        }
        return (ProbedConnection(id: document.id, address: address, kind: kind), caller)
    }
}

extension ProbeAnswer {
    /// Of a worker of another version.
    static let mismatch = Refusal(
        .noWorker, "a worker has answered another question", hint: "Are all workers of the server's version?")
}
