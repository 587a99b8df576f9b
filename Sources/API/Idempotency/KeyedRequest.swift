import Access
import Catalog
import EventLoop
import HTTPServer

/// A POST with an `Idempotency-Key`: answered once, and then from memory for 24 hours.
struct KeyedRequest: Sendable {
    let key: IdempotencyKey
    let principal: String
    let request: Request
    let table: IdempotencyTable
    let governance: Governance
    /// Told of answers that could not be kept: they are right, but a repeat may run again.
    let onFailure: @Sendable (any Error) -> Void

    func respond(_ handler: (Request) async throws -> Response) async throws -> Response {
        let fingerprint = RequestFingerprint(request)
        switch try await table.claim(key, for: principal, fingerprint) {
        case .claimed(let claim):
            if let (first, answer) = try await committed() {
                // The first request committed, and its server died before it could say so in `control`.
                await settle { try await table.complete(claim, first, answer) }
                return try await repeated(first, answer, of: fingerprint)
            }
            return try await answer(claim, fingerprint, handler)
        case .running(let first):
            guard first.head == fingerprint.head else { throw Self.mismatch }
            if let (first, answer) = try await committed() { return try await repeated(first, answer, of: fingerprint) }
            throw Refusal(
                .idempotencyPending, "the first request with this Idempotency-Key has not ended",
                hint: "Repeat in a moment, with the same key.")
        case .answered(let first, let answer):
            return try await repeated(first, answer, of: fingerprint)
        }
    }

    /// The answer to the first request with the key, if this one is the same.
    private func repeated(
        _ first: RequestFingerprint, _ answer: StoredAnswer, of fingerprint: RequestFingerprint
    ) async throws -> Response {
        guard first.head == fingerprint.head, try await first.body?.matches(request.body, key) ?? false else {
            throw Self.mismatch
        }
        return try answer.response(key)
    }

    /// What committed under the key. Whoever is told of it may count on it, so what follows a commit is made up for.
    private func committed() async throws -> (RequestFingerprint, StoredAnswer)? {
        guard let found = try await CommittedAnswer.read(key, of: principal, in: table.sessions) else { return nil }
        try await governance.settle()
        return found
    }

    private static let mismatch = Refusal(
        .idempotencyMismatch, "the Idempotency-Key was used for another request within 24 hours",
        hint: "Use a new key for a new request.")

    private func answer(
        _ claim: IdempotencyTable.Claim, _ fingerprint: RequestFingerprint,
        _ handler: (Request) async throws -> Response
    ) async throws -> Response {
        let body = WitnessedBody(request.body)
        var request = request
        request.body = RequestBody(source: body, length: request.body.length)
        let answerInTransaction = CommittedAnswer(
            key: key, principal: principal, fingerprint: fingerprint, body: body)
        let result: Result<Response, any Error>
        do {
            let response = try await CommittedAnswer.$current.withValue(answerInTransaction) {
                try await renewing(claim) { [request] in try await handler(request) }
            }
            result = .success(response)
        } catch is CommittedAnswer.Exists {
            // This claim had run out and was taken over; what the other one did is the answer, if to the same request.
            guard let (first, answer) = try await committed(), first.head == fingerprint.head,
                await first.body == body.read(key)
            else { throw Self.mismatch }
            result = .success(try answer.response(key))
        } catch {
            result = .failure(error)
        }
        let answer: Response? =
            switch result {
            case .success(let response): response
            case .failure(let error): Problem.mapping(error)?.response(requestID: request.requestID)
            }
        var ended = fingerprint
        ended.body = await body.read(key)
        await settle { [ended] in
            if let answer, let stored = try StoredAnswer(answer, key) {
                try await table.complete(claim, ended, stored)
            } else {
                try await table.release(claim)
            }
        }
        return try result.get()
    }

    /// Runs `body`, renewing the claim until it has ended.
    private func renewing<T>(_ claim: IdempotencyTable.Claim, _ body: () async throws -> T) async throws -> T {
        guard let loop = EventLoop.current else { return try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await loop.sleep(for: IdempotencyTable.renewal)
                    do { try await table.renew(claim) } catch { if !Task.isCancelled { onFailure(error) } }
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Ends the claim in a task of its own: this one is cancelled when the client has gone.
    private func settle(_ end: @escaping @Sendable () async throws -> Void) async {
        let work: @Sendable () async -> Void = {
            do { try await end() } catch { onFailure(error) }
        }
        if let loop = EventLoop.current { await loop.spawn(work).value } else { await work() }
    }
}
