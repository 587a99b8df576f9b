internal import JSON

/// One field that a change gives another value.
struct FieldDifference: Sendable, Equatable {
    /// Names joined by dots; a column of a dataset goes by its name: `columns.email.tags`.
    var path: String
    /// `nil`: it was not there.
    var before: JSONValue?
    /// `nil`: it is gone.
    var after: JSONValue?

    /// What the server writes by itself.
    private static let unsaid: Set<String> = [
        "id", "createdAt", "updatedAt", "loadedAt", "lastRun", "estimatedRows", "role", "address", "grantedBy",
    ]

    /// The differences between two states of an object, in the order of its fields.
    static func all(from before: JSONValue, to after: JSONValue) -> [FieldDifference] {
        between(before, after, path: "").filter { !unsaid.contains($0.path) }
    }

    private static func between(_ before: JSONValue?, _ after: JSONValue?, path: String) -> [FieldDifference] {
        if before == after { return [] }
        guard let old = before.flatMap(members), let new = after.flatMap(members) else {
            return [FieldDifference(path: path, before: before, after: after)]
        }
        let keys = old.keys + new.keys.filter { !old.contains($0) }
        return keys.flatMap { between(old[$0], new[$0], path: path.isEmpty ? $0 : "\(path).\($0)") }
    }

    /// The members of an object, or the elements of an array of objects by their names.
    private static func members(_ value: JSONValue) -> JSONObject? {
        if let object = value.objectValue { return object }
        guard let elements = value.arrayValue, !elements.isEmpty else { return nil }
        var members = JSONObject()
        for element in elements {
            guard let name = element["name"]?.stringValue, !members.contains(name) else { return nil }
            members[name] = element
        }
        return members
    }
}
