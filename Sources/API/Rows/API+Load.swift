import Access
import Catalog
import HTTPServer
import Ingestion
import JSON
import Postgres
import Store

extension API {
    static func addLoad(to router: inout Router<Platform>) {
        router.on(.post, base + "/datasets/{name}/rows") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            let address = try DatasetAddress.path(request.name())
            let place = try await platform.sessions.withServerSession { connection in
                let document = try await Document.visible(.dataset, at: "\(address)", to: caller, on: connection)
                return (id: document.id, domainID: try await connection.domainID(of: document.id))
            }
            let load = Load(
                request: request, caller: caller, address: address, datasetID: place.id, domainID: place.domainID)
            try load.requireWrite(caller)
            return try await load.respond(try request.uploadFormat(), platform)
        }
    }
}

/// One `POST …/rows`.
private struct Load {
    let request: Request
    let caller: Caller
    let address: DatasetAddress
    let datasetID: Int64
    let domainID: Int64

    func requireWrite(_ caller: Caller) throws(Refusal) {
        try caller.authority.require(.write, on: domainID, datasetID, called: "dataset \(address)")
    }

    func respond(_ format: RowDecoder.Format, _ platform: Platform) async throws -> Response {
        do {
            return Self.answer(try await load(format, platform))
        } catch let errors as RowErrors {
            throw Refusal(errors, in: format)
        } catch let error as PostgresError where ["40P01", "55P03"].contains(error.sqlState) {
            throw Refusal(
                .tooManyRequests, "another load or change of the dataset is under way and holds what this one needs",
                hint: "Run the request again.")
        }
    }

    private static func answer(_ counts: RowCounts) -> Response { .item(["rows": counts.body]) }

    private func load(_ format: RowDecoder.Format, _ platform: Platform) async throws -> RowCounts {
        var body = request.body
        // A client that has not begun to send does not hold a session.
        var first = try await body.next()
        return try await platform.loads.withSlot {
            try await platform.sessions.withServerSession { connection in
                try await connection.transaction { connection in
                    guard let target = try await LoadTarget.lock(datasetID, on: connection) else {
                        throw Refusal.notFound("dataset \(address)")
                    }
                    let counts = try await target.load(format, on: connection) {
                        guard let bytes = first else { return try await body.next() }
                        first = nil
                        return bytes
                    }
                    try await record(counts, of: target, on: connection)
                    try await CommittedAnswer.current?.write(Self.answer(counts), on: connection)
                    return counts
                }
            }
        }
    }

    /// The end of the transaction: what the caller may do is read anew, since a load can take long.
    private func record(_ counts: RowCounts, of target: LoadTarget, on connection: Connection) async throws {
        guard let caller = try await Caller.read(named: caller.name, on: connection) else {
            throw Refusal(.unauthenticated, "the token's principal is gone")
        }
        try requireWrite(caller)
        try await target.record(
            counts, by: caller.name, address: "\(address)", policyVersion: caller.policyVersion,
            requestID: request.requestID, on: connection)
    }
}
