import Access
import Catalog
import HTTPServer
import Postgres
import Store

extension API {
    static func addAudit(to router: inout Router<Platform>) {
        router.on(.get, base + "/audit") { request, platform in
            let isExport = try request.wantsNDJSON()
            try request.allow(
                parameters: "principal", "purpose", "dataset", "column", "fingerprint", "action", "from", "to", "limit",
                "cursor")
            let caller = try await platform.caller(of: request)
            let filter = try AuditLog.Filter(request, caller)
            if isExport { return try await export(filter, request, caller, platform) }
            var page = filter
            let limit = try Page.limit(of: request)
            page.after = try request.cursor { AuditLog.Key(place: $0) }
            let found = try await platform.auditLog.entries(page, limit: limit + 1)
            return .list(Listing(found, limit: limit, \.text, place: \.key.place)).unstored()
        }
    }
}

extension AuditLog.Filter {
    /// The query's, narrowed to what the caller may see.
    fileprivate init(_ request: Request, _ caller: Caller) throws {
        self.init()
        principal = try request.single("principal")
        purpose = try request.single("purpose")
        dataset = try request.single("dataset")
        column = try request.single("column")
        fingerprint = try request.single("fingerprint")
        action = try request.single("action")
        from = try request.time("from")
        to = try request.time("to")
        // Who does not manage the platform sees what it did itself.
        guard !caller.authority.allows(.manage) else { return }
        guard principal == nil || principal == caller.name else {
            throw Refusal(.forbidden, "the audit of others needs the privilege manage on the platform")
        }
        principal = caller.name
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
