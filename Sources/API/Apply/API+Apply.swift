import Access
import Catalog
import HTTPServer
import JSON

extension API {
    /// As much as one YAML document may have, and as JSON is parsed at all.
    static let maxApplyBytes = 4 << 20

    static func addApply(to router: inout Router<Platform>) {
        router.on(.post, base + "/apply") { request, platform in
            try request.allow(parameters: "dryRun")
            let isRehearsal = try request.flag("dryRun")
            _ = try await platform.caller(of: request)
            let documents = try ApplyDocument.read(await request.json(upTo: maxApplyBytes))
            return try await platform.apply(documents, on: request, isRehearsal: isRehearsal)
        }
    }
}

/// Ends a change that turned out to be none, so that it raises no version.
private struct NothingToChange: Error {
    var result: ApplyResult
}

extension Platform {
    /// All documents in one transaction, or none of them.
    fileprivate func apply(
        _ documents: [ApplyDocument], on request: Request, isRehearsal: Bool
    ) async throws -> Response {
        var tests = AppliedTests()
        do {
            return try await change(
                request, keeps: !isRehearsal, requiresConditions: false,
                verify: { tests = try await AppliedTests(of: $0, policyVersion: $1, mustPass: !isRehearsal) }
            ) { change in
                var applier = Applier(change, sealing: secrets)
                let result = ApplyResult(
                    changes: try await applier.apply(documents), policyVersion: change.caller.policyVersion)
                if result.changesNothing { throw NothingToChange(result: result) }
                return result
            } answer: { committed in
                var result = committed.value
                if !isRehearsal { result.policyVersion = committed.policyVersion }
                result.tests = tests
                return .applied(result)
            }
        } catch let nothing as NothingToChange {
            return .applied(nothing.result)
        } catch let failure as AppliedTests.Failure {
            let caller = try await caller(of: request)
            try await policyTests.keep(failure.results, .apply, by: caller.name, requestID: request.requestID)
            throw failure.refusal
        }
    }
}

extension Response {
    fileprivate static func applied(_ result: ApplyResult) -> Response {
        .json(result.encoded()).under(result.policyVersion)
    }
}

extension Request {
    /// A query parameter that is `true` or `false`; absent: `false`.
    fileprivate func flag(_ name: String) throws(Refusal) -> Bool {
        switch try single(name) {
        case nil, "false"?: return false
        case "true"?: return true
        default: throw Refusal(.invalidParameter, "\(name) must be true or false")
        }
    }
}
