import Catalog
import JSON

/// What it takes to bring a dataset that exists to what a document says: a patch, and the tags of its columns.
///
/// What the document leaves out stays, columns above all: rows are never dropped by applying.
struct DatasetDifference: Equatable {
    struct Tags: Equatable {
        var column: String
        var tags: JSONValue
        /// Where the document lists them.
        var pointer: String
    }

    /// For `patchDataset`.
    var patch: JSONObject
    /// Of columns that exist and bear others.
    var tags: [Tags] = []

    /// - Parameters:
    ///   - wanted: The document, as `makeDataset` would take it.
    ///   - current: The dataset, as the API shows it.
    init(from current: JSONValue, to wanted: JSONObject) throws(Refusal) {
        patch = wanted
        for field in ["domain", "name", "primaryKey", "history"] { patch[field] = nil }
        // Without an owner a new dataset gets the caller; an existing one keeps its own.
        if patch["owner"]?.isNull == true { patch["owner"] = nil }
        try Self.refuseChange(of: "primaryKey", from: current, to: wanted)
        try Self.refuseChange(of: "history", from: current, to: wanted)
        guard let value = wanted["columns"], !value.isNull else { throw Refusal.invalid(at: "/columns", "is required") }
        // What is no list of objects is left for the operation to refuse.
        guard let columns = value.arrayValue else { return }
        patch["columns"] = .array(try merge(columns, into: current))
    }

    private mutating func merge(_ wanted: [JSONValue], into current: JSONValue) throws(Refusal) -> [JSONValue] {
        let present = current["columns"]?.arrayValue ?? []
        let key = (current["primaryKey"]?.arrayValue ?? []).compactMap(\.stringValue)
        let byName = Dictionary(
            present.compactMap { column in column["name"]?.stringValue.map { ($0, column) } },
            uniquingKeysWith: { first, _ in first })
        var merged: [JSONValue] = []
        for (index, column) in wanted.enumerated() {
            guard var object = column.objectValue, let name = object["name"]?.stringValue, let old = byName[name] else {
                merged.append(column)
                continue
            }
            if let nullable = object["nullable"]?.boolValue, let isNullable = old["nullable"]?.boolValue,
                (nullable && !key.contains(name)) != isNullable
            {
                throw Refusal.invalid(at: "/columns/\(index)/nullable", "is \(isNullable) and cannot change")
            }
            if !object.contains("description") { object["description"] = old["description"] }
            if let tags = object["tags"], !tags.isNull, Self.names(tags) != Self.names(old["tags"]) {
                self.tags.append(Tags(column: name, tags: tags, pointer: "/columns/\(index)/tags"))
            }
            merged.append(.object(object))
        }
        let named = Set(wanted.compactMap { $0["name"]?.stringValue })
        return merged + present.filter { !named.contains($0["name"]?.stringValue ?? "") }
    }

    /// The tags of a column, whatever their order; `nil` when they are no list of texts.
    private static func names(_ tags: JSONValue?) -> Set<String>? {
        guard let names = tags?.arrayValue?.map(\.stringValue), !names.contains(nil) else { return nil }
        return Set(names.compactMap(\.self))
    }

    private static func refuseChange(
        of field: String, from current: JSONValue, to wanted: JSONObject
    ) throws(Refusal) {
        guard let value = wanted[field], !value.isNull, let old = current[field], old != value else { return }
        throw Refusal.invalid(
            at: "/\(field)", "is \(old.text) and cannot change", hint: "Make another dataset and load it.")
    }
}
