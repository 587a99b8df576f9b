import Catalog
import JSON

/// Who is in which group, as the documents say it on both sides: `members` of groups and `groups` of principals.
///
/// They are one relation, and each list is complete. Lists that contradict each other would undo one another at every
/// apply, so they are refused.
struct Membership {
    private var groups: [ApplyDocument] = []
    private var principals: [ApplyDocument] = []

    init(_ documents: [ApplyDocument]) {
        groups = documents.filter { $0.kind == .group && $0.body["members"]?.arrayValue != nil }
        principals = documents.filter { $0.kind == .principal && $0.body["groups"]?.arrayValue != nil }
    }

    func check() throws(Refusal) {
        let errors =
            faults(in: groups, "members", against: principals, "groups")
            + faults(in: principals, "groups", against: groups, "members")
        guard !errors.isEmpty else { return }
        throw Refusal(
            .invalid, JSONFieldErrors(errors: errors).description,
            hint: "A group's members and a principal's groups are one relation: say it on one side, or alike on both.",
            errors: errors)
    }

    /// Each name in a list of one side whose own document on the other side does not name the first one.
    private func faults(
        in documents: [ApplyDocument], _ field: String, against others: [ApplyDocument], _ otherField: String
    ) -> [JSONFieldError] {
        let lists = Dictionary(
            others.map { ($0.address, Set(($0.body[otherField]?.arrayValue ?? []).compactMap(\.stringValue))) },
            uniquingKeysWith: { first, _ in first })
        return documents.flatMap { document in
            (document.body[field]?.arrayValue ?? []).enumerated().compactMap { index, name in
                guard let name = name.stringValue, let list = lists[name], !list.contains(document.address) else {
                    return nil
                }
                return JSONFieldError(
                    pointer: "/documents/\(document.index)/\(field)/\(index)",
                    detail: "names \(name), whose own \(otherField) do not name \(document.address)")
            }
        }
    }
}
