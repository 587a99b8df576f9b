internal import Catalog
public import JSON
import Postgres

extension Change {
    /// How many requests of one principal may wait for an answer.
    public static let maxPendingRequests = 100

    /// `POST /access-requests`: for oneself, on a dataset that one may see, or for more time for what was granted. An equal
    /// request that waits is answered instead.
    public func requestAccess(_ body: JSONValue) async throws -> Outcome {
        let input = try Refusal.reading(body) { AccessRequestInput(&$0) }
        let asked = try await asked(input.subject)
        let pending = try await connection.query(
            """
            SELECT id, dataset_id = \(asked.datasetID) AND privilege = \(asked.privilege.rawValue)
                AND column_ids::bigint[] IS NOT DISTINCT FROM \(asked.columns)
                AND extends_id IS NOT DISTINCT FROM \(asked.extends)
            FROM sluice.access_request AS r WHERE principal_id = \(caller.principalID) AND \(raw: Self.isPending)
            """)
        for row in pending where try row.decode(at: 1, as: Bool.self) {
            let document = try await accessRequest(row.decode(at: 0))
            return Outcome(isNew: false, before: document, document: document)
        }
        guard pending.count < Self.maxPendingRequests else {
            throw Refusal(
                .conflict, "\(Self.maxPendingRequests) of your requests wait for an answer",
                hint: "Withdraw some with POST /access-requests/{id}/withdraw.")
        }
        let rows = try await connection.query(
            """
            INSERT INTO sluice.access_request
                (principal_id, dataset_id, privilege, column_ids, reason, duration_seconds, answer_within_seconds, extends_id)
            VALUES (\(caller.principalID), \(asked.datasetID), \(asked.privilege.rawValue), \(asked.columns), \(input.reason),
                \(Int64(input.durationSeconds)), \(Int64(input.answerWithinSeconds)), \(asked.extends))
            RETURNING id
            """)
        let document = try await accessRequest(rows[0].decode(at: 0))
        record(
            "create", "access request \(document.address)", dataset: asked.datasetID, before: nil, after: document,
            changesPolicy: false)
        return Outcome(isNew: true, before: nil, document: document)
    }

    /// Of a row `r` of `sluice.access_request`.
    static let isPending: SQL =
        "sluice.request_state(r.state, r.created_at, r.answer_within_seconds) = 'pending'"

    /// `POST /access-requests/{id}/approve`: the grant exists, with its end, from the same transaction on.
    ///
    /// Needs `manage` on the dataset; nobody decides on a request of their own.
    public func approveAccess(_ address: String, _ body: JSONValue, _ precondition: Precondition) async throws
        -> Outcome
    {
        let input = try Refusal.reading(body) { AccessDecisionInput(&$0, grants: true) }
        return try await decide(address, .approved, input.comment, precondition) { request in
            let seconds = input.durationSeconds ?? request.seconds
            guard seconds <= request.seconds else {
                throw Refusal.invalid(at: "/durationSeconds", "must be at most the \(request.seconds) asked for")
            }
            let expiry: String = try await connection.query(
                "SELECT sluice.rfc3339(clock_timestamp() + make_interval(secs => \(Int64(seconds))))")[0].decode(at: 0)
            if let earlier = request.extends {
                guard input.columns == nil else {
                    throw Refusal.invalid(at: "/columns", "stay those of the grant that is extended")
                }
                return try await extendGrant(ofRequest: earlier, until: expiry)
            }
            let columns = try await granted(input.columns, of: request)
            let grant = try await insertGrant(
                of: request.privilege, on: request.datasetID, to: request.principalID, columns: columns, expiry: expiry,
                reason: "access request \(address)")
            if columns != nil { datasets.insert(request.datasetID) }
            try await touch(request.principalID)
            record(
                "create", "grant \(grant.id)", dataset: request.datasetID, before: nil, after: grant, narrows: false)
            return grant.id
        }
    }

    /// `POST /access-requests/{id}/deny`, by the same people.
    public func denyAccess(_ address: String, _ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        let input = try Refusal.reading(body) { AccessDecisionInput(&$0, grants: false) }
        return try await decide(address, .denied, input.comment, precondition) { _ in nil }
    }

    /// `POST /access-requests/{id}/withdraw`, by whom it is of.
    public func withdrawAccess(_ address: String, _ body: JSONValue, _ precondition: Precondition) async throws
        -> Outcome
    {
        let input = try Refusal.reading(body) { AccessDecisionInput(&$0, grants: false) }
        return try await decide(address, .withdrawn, input.comment, precondition) { _ in nil }
    }
}

/// A request that waits, as far as a decision needs it.
private struct PendingRequest {
    var id: Int64
    var principalID: Int64
    var datasetID: Int64
    var privilege: Privilege
    var columns: [Int64]?
    var seconds: Int
    /// The request whose grant is to last longer.
    var extends: Int64?
}

private enum RequestDecision: String {
    case approved, denied, withdrawn
}

extension Change {
    func accessRequest(_ id: Int64) async throws -> Document {
        guard let document = try await Document.read(.accessRequest, id: id, on: connection) else {
            throw Refusal.notFound("access request \(id)")
        }
        return document
    }

    /// Checks who decides, that the request waits and the precondition; then writes the decision.
    ///
    /// - Parameter act: What the decision brings about: the id of a grant.
    private func decide(
        _ address: String, _ decision: RequestDecision, _ comment: String?, _ precondition: Precondition,
        act: (PendingRequest) async throws -> Int64?
    ) async throws -> Outcome {
        guard let before = try await Document.read(.accessRequest, at: address, on: connection) else {
            throw Refusal.notFound("access request \(address)")
        }
        let row = try await connection.query(
            """
            SELECT r.principal_id, r.dataset_id, r.privilege, r.column_ids::bigint[], r.duration_seconds,
                sluice.request_state(r.state, r.created_at, r.answer_within_seconds), ds.domain_id, r.extends_id
            FROM sluice.access_request AS r JOIN sluice.dataset AS ds ON ds.id = r.dataset_id
            WHERE r.id = \(before.id)
            """)[0]
        let request = PendingRequest(
            id: before.id, principalID: try row.decode(at: 0), datasetID: try row.decode(at: 1),
            privilege: try Privilege(stored: row.decode(at: 2)), columns: try row.decode(at: 3),
            seconds: try row.decode(at: 4), extends: try row.decode(at: 7))
        try require(decision, request, domain: row.decode(at: 6), address)
        try precondition.check(before, required: false)
        let state: String = try row.decode(at: 5)
        guard state == "pending" else {
            throw Refusal(
                .conflict, "access request \(address) is \(state) already",
                hint:
                    "GET /access-requests/\(address) shows by whom. What was granted is taken back with DELETE /grants/{id}."
            )
        }
        let grant = try await act(request)
        try await connection.execute(
            """
            UPDATE sluice.access_request SET state = \(decision.rawValue), comment = \(comment),
                decided_by = \(caller.name), decided_at = clock_timestamp(), grant_id = \(grant),
                version = version + 1, updated_at = clock_timestamp()
            WHERE id = \(request.id)
            """)
        let after = try await accessRequest(request.id)
        record(
            "put", "access request \(address)", dataset: request.datasetID, before: before, after: after,
            changesPolicy: false)
        return Outcome(isNew: false, before: before, document: after)
    }

    /// Throws unless the caller may decide so; `not_found` to who may not see the request at all.
    private func require(
        _ decision: RequestDecision, _ request: PendingRequest, domain: Int64, _ address: String
    ) throws(Refusal) {
        let isOwn = request.principalID == caller.principalID
        let manages = caller.authority.allows(.manage, on: domain, request.datasetID)
        guard isOwn || manages else { throw Refusal.notFound("access request \(address)") }
        switch decision {
        case .withdrawn where !isOwn:
            throw Refusal(.forbidden, "only who asked may withdraw the request", hint: "Deny it instead.")
        case .approved where isOwn, .denied where isOwn:
            throw Refusal(
                .forbidden, "nobody decides on a request of their own",
                hint: "Another manager of the dataset may; POST /access-requests/\(address)/withdraw takes it back.")
        case .approved, .denied, .withdrawn: break
        }
    }

    /// The columns to grant: those named, which must be among those asked for, or all of these that are still there.
    private func granted(_ names: [String]?, of request: PendingRequest) async throws -> [Int64]? {
        if let named = try await columnIDs(names, of: request.datasetID) {
            guard request.privilege == .select else {
                throw Refusal.invalid(at: "/columns", "go with the privilege select, which was not asked for")
            }
            guard let asked = request.columns else { return named }
            guard Set(named).isSubset(of: asked) else {
                throw Refusal.invalid(at: "/columns", "must be among the columns asked for")
            }
            return named
        }
        guard let asked = request.columns else { return nil }
        let rows = try await connection.query(
            """
            SELECT id::bigint FROM sluice.dataset_column
            WHERE dataset_id = \(request.datasetID) AND id = ANY (\(asked)) ORDER BY id
            """)
        guard !rows.isEmpty else {
            throw Refusal(.conflict, "none of the columns asked for is there any more", hint: "Deny the request.")
        }
        return try rows.map { try $0.decode(at: 0) }
    }
}
