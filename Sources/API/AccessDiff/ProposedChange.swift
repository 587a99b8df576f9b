import Access
import Catalog
import JSON

/// One change as `POST /access/diff` takes it: an operation of this API that changes who sees what, by method and path.
struct ProposedChange: Sendable {
    /// More would hold up other changes for long.
    static let maxCount = 1_000

    var index: Int
    var method: String
    var path: String
    var body: JSONValue

    /// Reads `{"changes": [{"method", "path", "body"}]}`.
    static func read(_ request: JSONValue) throws(Refusal) -> [ProposedChange] {
        let values = try Refusal.reading(request) { fields in
            let values = fields.required("changes", as: [JSONValue].self)
            if values.isEmpty { fields.reject("changes", "must have a change") }
            if values.count > maxCount { fields.reject("changes", "must have at most \(maxCount) changes") }
            return values
        }
        var changes: [ProposedChange] = []
        for (index, value) in values.enumerated() {
            changes.append(
                try Refusal.reading(value, at: "/changes/\(index)") { fields in
                    ProposedChange(
                        index: index, method: fields.required("method", as: String.self),
                        path: fields.required("path", as: String.self), body: fields.raw("body") ?? .null)
                })
        }
        return changes
    }

    /// Makes the change within `change`; what its operation refuses says which of the changes it was.
    func make(in change: Change, sealing secrets: SecretBox) async throws {
        do {
            try await perform(change, secrets)
        } catch var refusal as Refusal {
            refusal.detail = "\(method) \(path): \(refusal.detail)"
            if refusal.errors.isEmpty {
                refusal.errors = [JSONFieldError(pointer: "/changes/\(index)", detail: refusal.detail)]
            } else {
                for fault in refusal.errors.indices {
                    refusal.errors[fault].pointer = "/changes/\(index)/body" + refusal.errors[fault].pointer
                }
            }
            throw refusal
        }
    }

    /// The path's segments below `/api/v1`, which may be left out.
    private var segments: [String] {
        let path = path.hasPrefix(API.base + "/") ? String(path.dropFirst(API.base.count)) : path
        return path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    }

    private func perform(_ change: Change, _ secrets: SecretBox) async throws {
        let segments = segments
        let name = segments.count > 1 ? segments[1] : ""
        switch (method, segments.first ?? "", segments.count) {
        case ("PUT", "tags", 2): _ = try await change.putTag(name, body, .none)
        case ("DELETE", "tags", 2): try await change.deleteTag(name, .none)
        case ("PUT", "masks", 2): _ = try await change.putMask(name, body, .none)
        case ("DELETE", "masks", 2): try await change.deleteMask(name, .none)
        case ("PUT", "row-filters", 2): _ = try await change.putRowFilter(name, body, .none)
        case ("DELETE", "row-filters", 2): try await change.deleteRowFilter(name, .none)
        case ("PUT", "deny-rules", 2): _ = try await change.putDenyRule(name, body, .none)
        case ("DELETE", "deny-rules", 2): try await change.deleteDenyRule(name, .none)
        case ("PUT", "purposes", 2): _ = try await change.putPurpose(name, body, .none)
        case ("DELETE", "purposes", 2): try await change.deletePurpose(name, .none)
        case ("POST", "grants", 1): _ = try await change.makeGrant(body)
        case ("DELETE", "grants", 2): try await change.deleteGrant(name, .none)
        case ("PUT", "groups", 2): _ = try await change.putGroup(name, body, .none)
        case ("DELETE", "groups", 2): try await change.deleteGroup(name, .none)
        case ("PUT", "principals", 2): _ = try await change.putPrincipal(name, body, .none)
        case ("DELETE", "principals", 2): try await change.deletePrincipal(name, .none)
        case ("PUT", "domains", 2): _ = try await change.putDomain(name, body, .none)
        case ("DELETE", "domains", 2): try await change.deleteDomain(name, .none)
        case ("POST", "datasets", 1): _ = try await change.makeDataset(body)
        case ("PATCH", "datasets", 2): _ = try await change.patchDataset(try DatasetAddress.path(name), body, .none)
        case ("DELETE", "datasets", 2): try await change.deleteDataset(try DatasetAddress.path(name), .none)
        case ("PUT", "domains", 3) where segments[2] == "tags": _ = try await change.putDomainTags(name, body, .none)
        case ("PUT", "datasets", 3) where segments[2] == "tags":
            _ = try await change.putDatasetTags(try DatasetAddress.path(name), body, .none)
        case ("PUT", "datasets", 5) where segments[2] == "columns" && segments[4] == "tags":
            guard let column = ColumnAddress("\(name).\(segments[3])") else {
                throw Refusal.notFound("column \(name).\(segments[3])")
            }
            _ = try await change.putColumnTags(column, body, .none)
        case ("POST", "apply", 1):
            var applier = Applier(change, sealing: secrets)
            _ = try await applier.apply(try ApplyDocument.read(body))
        default:
            throw Refusal(
                .invalid, "is no operation that changes who sees what",
                hint:
                    "Such as PUT /masks/emails: on tags, masks, row-filters, deny-rules, purposes, grants, groups, principals, domains, datasets, or POST /apply.",
                errors: [])
        }
    }
}
