import Access
import Catalog
import HTTPServer
import JSON

extension API {
    static func addAccessDiff(to router: inout Router<Platform>) {
        router.on(.post, base + "/access/diff") { request, platform in
            try request.allow()
            let caller = try await platform.caller(of: request)
            // Before the lock of changes is taken: who manages nothing would be shown nothing.
            guard caller.authority.privileges.contains(where: { $0.privileges.contains(.manage) }) else {
                throw Refusal(
                    .forbidden, "comparing access needs the privilege manage on a dataset, a domain or the platform",
                    hint: "Ask a manager of the dataset to compare it for you.")
            }
            let changes = try ProposedChange.read(await request.json(upTo: maxApplyBytes))
            let diff = try await platform.governance.diff(by: caller.name, requestID: request.requestID) { change in
                for proposed in changes { try await proposed.make(in: change, sealing: platform.secrets) }
            }
            return Response.item(diff.body).under(diff.policyVersion)
        }
    }
}

extension AccessDiff {
    /// The body of the answer.
    fileprivate var body: JSONValue {
        [
            "policyVersion": JSONValue(policyVersion),
            "principals": .array(
                entries.map { entry in
                    var body: JSONObject = [
                        "name": .string(entry.principal), "dataset": .string("\(entry.dataset)"),
                        "gains": entry.gains.body, "loses": entry.loses.body,
                    ]
                    if let purpose = entry.purpose { body["purpose"] = .string(purpose) }
                    return .object(body)
                }),
            "groups": .array(
                groups.map { group in
                    [
                        "name": .string(group.group), "dataset": .string("\(group.dataset)"),
                        "members": JSONValue(group.members), "gaining": JSONValue(group.gaining),
                        "losing": JSONValue(group.losing),
                    ]
                }),
        ]
    }
}

extension AccessDiff.Side {
    fileprivate var body: JSONValue { ["columns": JSONValue(columns), "rows": JSONValue(rows)] }
}
