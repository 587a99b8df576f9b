import Catalog
import JSON

/// The columns of a dataset's body.
struct ColumnInput: Sendable {
    var name: String
    var type: ColumnType
    var nullable: Bool
    var description: String?
    var tags: [String]

    init(_ column: DeclaredColumn) {
        (name, type, nullable, tags) = (column.name, column.type, true, [])
    }

    init(_ fields: inout JSONFields) {
        name = fields.name("name")
        type = fields.columnType("type")
        nullable = fields.optional("nullable") ?? true
        description = fields.text("description")
        tags = fields.optional("tags") ?? []
    }
}

/// The body of `POST /datasets`.
struct DatasetInput {
    static let maxColumns = 1000

    var domain: String
    var name: String
    var description: String?
    var owner: String?
    /// Which all its columns bear.
    var tags: [String]
    var columns: [ColumnInput]
    var primaryKey: [String]
    var history: String

    init(address: DatasetAddress, columns: [ColumnInput]) {
        (domain, name) = (address.domain, address.name)
        (tags, self.columns, primaryKey, history) = ([], columns, [], "none")
    }

    init(_ fields: inout JSONFields) {
        domain = fields.required("domain")
        name = fields.name("name")
        description = fields.text("description")
        owner = fields.optional("owner")
        tags = fields.optional("tags") ?? []
        columns = fields.objects("columns") { ColumnInput(&$0) }
        primaryKey = fields.optional("primaryKey") ?? []
        history = fields.optional("history") ?? "none"
        if history == "scd2" { fields.reject("history", "cannot be scd2 yet; use none") }
        if history != "none", history != "scd2" { fields.reject("history", "must be none or scd2") }
        fields.check(columns: columns, primaryKey: primaryKey)
    }
}

extension JSONFields {
    /// Refuses what no table can be made of: no columns, too many, equal names, keys that are no columns.
    mutating func check(columns: [ColumnInput], primaryKey: [String]) {
        if columns.isEmpty { reject("columns", "must have a column") }
        if columns.count > DatasetInput.maxColumns {
            reject("columns", "must have at most \(DatasetInput.maxColumns) columns")
        }
        var names: Set<String> = []
        for (index, column) in columns.enumerated() where !names.insert(column.name).inserted && !column.name.isEmpty {
            reject("columns", at: ["\(index)", "name"], "names a column twice")
        }
        for (index, name) in primaryKey.enumerated() {
            if !names.contains(name) { reject("primaryKey", at: ["\(index)"], "names no column") }
            if primaryKey[..<index].contains(name) { reject("primaryKey", at: ["\(index)"], "names a column twice") }
            if let column = columns.first(where: { $0.name == name }), !column.type.hasOrder {
                reject(
                    "primaryKey", at: ["\(index)"],
                    "names a column of type \(column.type.spelling), which has no order")
            }
        }
        if primaryKey.count > 32 { reject("primaryKey", "must have at most 32 columns") }
    }
}
