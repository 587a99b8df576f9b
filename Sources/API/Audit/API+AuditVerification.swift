import Access
import Catalog
import Cryptography
import HTTPServer
import JSON

extension API {
    /// How long one piece of a verification takes.
    static let verificationBudget = Duration.seconds(5)
    /// The most heads that one request gives.
    static let maxHeads = 16

    static func addAuditVerification(to router: inout Router<Platform>) {
        router.on(.get, base + "/audit/verification") { request, platform in
            try request.allow(parameters: "head", "cursor")
            let caller = try await platform.caller(of: request)
            try caller.authority.require(.manage, called: "the platform")
            let heads = request.query.values("head").compactMap { AuditHead($0) }
            guard heads.count == request.query.values("head").count, heads.count <= maxHeads else {
                throw Refusal(
                    .invalidParameter, "head must be CHAIN:NUMBER:DIGEST, as an earlier verification gave it",
                    hint: "At most \(maxHeads) may be given.")
            }
            let place = try request.cursor { AuditVerification.Place($0) }
            let found = try await platform.auditVerifier.verify(from: place, heads: heads, within: verificationBudget)
            return .item(found.body).unstored()
        }
    }
}

extension AuditVerification {
    fileprivate var body: JSONValue {
        [
            "intact": .bool(faults.isEmpty), "seals": JSONValue(seals), "entries": .number("\(entries)"),
            "erased": .number("\(erased)"), "unsealed": .number("\(unsealed)"), "faults": .array(faults.map(\.body)),
            "heads": .array(heads.map { .string($0.text) }),
            "nextCursor": JSONValue(next.map { Base64URL.encode(Array($0.text.utf8)) }),
        ]
    }
}

extension AuditVerification.Fault {
    fileprivate var body: JSONValue {
        [
            "chain": .string(chain.rawValue), "problem": .string(problem.rawValue),
            "seal": seal.map { .number("\($0)") } ?? .null,
            "afterId": ids.map { .string("\($0.lowerBound)") } ?? .null,
            "lastId": ids.map { .string("\($0.upperBound)") } ?? .null, "from": JSONValue(from), "to": JSONValue(to),
            "detail": .string(detail),
        ]
    }
}

extension AuditVerification.Place {
    fileprivate var text: String { "\(chain.rawValue) \(number)" }

    fileprivate init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let chain = AuditChain(rawValue: String(parts[0])), let number = Int64(parts[1]),
            number >= 0
        else { return nil }
        self.init(chain: chain, number: number)
    }
}
