import Access
import Catalog
import HTTPServer
import JSON
import Scheduling

extension API {
    static func addPolicyTests(to router: inout Router<Platform>) {
        Collection(
            kind: .policyTest, path: "/policy-tests",
            put: { try await $0.putPolicyTest($1.name, $1.body, $1.precondition, nextRun: Schedule.nextRun) },
            delete: { try await $0.deletePolicyTest($1, $2) }
        ).register(in: &router)

        router.on(.post, base + "/policy-tests/run") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            try caller.authority.require(.manage, called: "the platform")
            try platform.checkIntact()
            let names = try Refusal.reading(await request.json()) { fields in
                let names: [String]? = fields.optional("names")
                if names?.isEmpty == true { fields.reject("names", "must name a test; leave it out to mean all") }
                return names
            }
            let results = try await platform.policyTests.run(names, by: caller.name, requestID: request.requestID)
            return .item(results.body).under(caller.policyVersion)
        }
    }
}

extension [PolicyTestResult] {
    /// The body of a run's answer.
    var body: JSONValue {
        let outcomes = map(\.outcome)
        return [
            "passed": JSONValue(outcomes.count { $0 == .passed }),
            "failed": JSONValue(outcomes.count { $0 != .passed }),
            "results": .array(map(\.body)),
        ]
    }
}

extension PolicyTestResult {
    fileprivate var body: JSONValue {
        var body: JSONObject = ["name": .string(test.name), "as": .string("user:\(test.principal)")]
        if let purpose = test.purpose { body["purpose"] = .string(purpose) }
        body["outcome"] = .string(outcome.rawValue)
        body["expected"] = .string(test.expectation.words)
        body["found"] = .string(found)
        body["policyVersion"] = JSONValue(policyVersion)
        let (seconds, attoseconds) = duration.components
        body["durationMicroseconds"] = JSONValue(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        return .object(body)
    }
}
