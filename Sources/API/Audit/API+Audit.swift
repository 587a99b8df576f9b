import Access
import Catalog
import HTTPServer
import Postgres
import Store

extension API {
    static func addAudit(to router: inout Router<Platform>) {
        router.on(.get, base + "/audit") { request, platform in
            try request.allow(parameters: "principal", "purpose", "dataset", "action", "from", "to", "limit", "cursor")
            let caller = try await platform.caller(of: request)
            var filter = AuditLog.Filter()
            filter.principal = try request.single("principal")
            filter.purpose = try request.single("purpose")
            filter.dataset = try request.single("dataset")
            filter.action = try request.single("action")
            filter.from = try request.time("from")
            filter.to = try request.time("to")
            // Who does not manage the platform sees what it did itself.
            if !caller.authority.allows(.manage) {
                guard filter.principal == nil || filter.principal == caller.name else {
                    throw Refusal(.forbidden, "the audit of others needs the privilege manage on the platform")
                }
                filter.principal = caller.name
            }
            let limit = try Page.limit(of: request)
            filter.after = try request.cursor { AuditLog.Key(place: $0) }
            let found = try await platform.auditLog.entries(filter, limit: limit + 1)
            return .list(Listing(found, limit: limit, \.text, place: \.key.place))
        }
    }
}

extension AuditLog.Key {
    /// `TIME KIND ID`
    fileprivate var place: String { "\(at) \(kind) \(id)" }

    fileprivate init?(place: String) {
        let parts = place.split(separator: " ")
        guard parts.count == 3, ["change", "read"].contains(parts[1]), let id = Int64(parts[2]),
            RFC3339.isValid(String(parts[0]))
        else { return nil }
        self.init(at: String(parts[0]), kind: String(parts[1]), id: id)
    }
}

extension Request {
    /// A query parameter that is a time.
    fileprivate func time(_ name: String) throws(Refusal) -> String? {
        guard let text = try single(name) else { return nil }
        guard RFC3339.isValid(text) else {
            throw Refusal(.invalidParameter, "\(name) must be an RFC 3339 time such as 2027-01-31T00:00:00Z")
        }
        return text
    }
}
