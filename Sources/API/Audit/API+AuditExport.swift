import Access
import Catalog
import HTTPServer

extension API {
    /// The last seal of each chain, for whoever keeps the export: `changes:12:…, reads:345:…`.
    private static let headsField = "Sluice-Audit-Heads"

    /// All entries as NDJSON, earliest first, in bounded memory.
    static func export(
        _ filter: AuditLog.Filter, _ request: Request, _ caller: Caller, _ platform: Platform
    ) async throws -> Response {
        for name in ["limit", "cursor"] where try request.single(name) != nil {
            throw Refusal(.invalidParameter, "\(name) is of pages; an export has all entries")
        }
        var fields: Fields = ["Cache-Control": "no-store"]
        if caller.authority.allows(.manage) {
            let heads = try await platform.auditVerifier.heads()
            if !heads.isEmpty { fields[headsField] = heads.map(\.text).joined(separator: ", ") }
        }
        return .stream(contentType: "application/x-ndjson", fields: fields) { writer in
            try await platform.auditLog.export(filter) { entries in
                var bytes: [UInt8] = []
                for entry in entries { bytes += Array(entry.text.utf8) + [UInt8(ascii: "\n")] }
                try await writer.write(bytes)
            }
        }
    }
}

extension Request {
    /// Whether `Accept` prefers NDJSON to JSON.
    func wantsNDJSON() throws -> Bool {
        let ndjson = "application/x-ndjson"
        return try Negotiation.choose(fields, from: ["application/json", ndjson]) == ndjson
    }
}
