import Catalog
import EventLoop
import HTTPServer

/// A POST with an `Idempotency-Key`: answered once, and then from memory for 24 hours.
struct KeyedRequest: Sendable {
    let key: IdempotencyKey
    let principal: String
    let request: Request
    let table: IdempotencyTable
    /// Told of answers that could not be kept: they are right, but a repeat may run again.
    let onFailure: @Sendable (any Error) -> Void

    func respond(_ handler: (Request) async throws -> Response) async throws -> Response {
        let fingerprint = RequestFingerprint(request)
        switch try await table.claim(key, for: principal, fingerprint) {
        case .claimed(let claim):
            return try await answer(claim, fingerprint, handler)
        case .running(let first):
            guard first.head == fingerprint.head else { throw Self.mismatch }
            throw Refusal(
                .idempotencyPending, "the first request with this Idempotency-Key has not ended",
                hint: "Repeat in a moment, with the same key.")
        case .answered(let first, let answer):
            guard first.head == fingerprint.head, try await first.body?.matches(request.body) ?? false else {
                throw Self.mismatch
            }
            return try answer.response(key)
        }
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
        let result: Result<Response, any Error>
        do {
            result = .success(try await renewing(claim) { [request] in try await handler(request) })
        } catch {
            result = .failure(error)
        }
        let answer: Response? =
            switch result {
            case .success(let response): response
            case .failure(let error): Problem.mapping(error)?.response(requestID: request.requestID)
            }
        var ended = fingerprint
        ended.body = await body.read
        await settle(claim, ended, answer)
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

    /// Keeps the answer, or gives the key back when a repeat should run anew.
    private func settle(_ claim: IdempotencyTable.Claim, _ request: RequestFingerprint, _ answer: Response?) async {
        let work: @Sendable () async -> Void = {
            do {
                if let answer, let stored = try StoredAnswer(answer, key) {
                    try await table.complete(claim, request, stored)
                } else {
                    try await table.release(claim)
                }
            } catch {
                onFailure(error)
            }
        }
        // In a task of its own: this one is cancelled when the client has gone.
        if let loop = EventLoop.current { await loop.spawn(work).value } else { await work() }
    }
}
