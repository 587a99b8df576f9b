public import JSON

extension SourceItem {
    /// As the API answers it: the members go with the kind.
    public var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue), "name": .string(name), "path": .string(path)]
        switch details {
        case .folder(let modifiedAt, let isReadable):
            object["modifiedAt"] = .string(modifiedAt)
            object["readable"] = .bool(isReadable)
            return .object(object)
        case .file(let size, let modifiedAt, let isReadable, let endings):
            object["size"] = size.map { JSONValue($0) } ?? .null
            object["modifiedAt"] = JSONValue(modifiedAt)
            object["readable"] = .bool(isReadable)
            object["format"] = JSONValue(endings.format?.rawValue)
            object["compression"] = .string(endings.compression.rawValue)
        case .table(let estimatedRows, let primaryKey):
            object["estimatedRows"] = estimatedRows.map { JSONValue($0) } ?? .null
            object["primaryKey"] = JSONValue(primaryKey)
        }
        object["from"] = from?.json ?? .null
        object["columns"] = columns.map { .array($0.map(\.json)) } ?? .null
        return .object(object)
    }

    init(_ fields: inout JSONFields) {
        kind = fields.required("kind")
        name = fields.required("name")
        path = fields.required("path")
        switch kind {
        case .folder:
            details = .folder(modifiedAt: fields.required("modifiedAt"), isReadable: fields.required("readable"))
            return
        case .file:
            details = .file(
                size: fields.optional("size"), modifiedAt: fields.optional("modifiedAt"),
                isReadable: fields.required("readable"),
                FileEndings(format: fields.optional("format"), compression: fields.required("compression")))
        case .table, .view, .materializedView, .partitionedTable, .foreignTable:
            details = .table(
                estimatedRows: fields.optional("estimatedRows"), primaryKey: fields.required("primaryKey"))
        }
        from = fields.optionalObject("from") { SourceSpec(&$0) }
        columns = fields.optionalObjects("columns") { DeclaredColumn(&$0) }
    }
}
