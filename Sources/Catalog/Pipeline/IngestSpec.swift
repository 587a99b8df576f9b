public import JSON

/// How the rows of a unit change the dataset.
public enum LoadMode: String, Sendable, CaseIterable, JSONFieldWord {
    /// Added to those that are there.
    case append
    /// In place of those that are there.
    case replace
    /// In place of the row with the same key, or added.
    case upsert
}

/// What becomes of a source's column that the dataset does not have.
public enum NewColumnPolicy: String, Sendable, CaseIterable, JSONFieldWord {
    case add, ignore, fail
}

/// What becomes of a row with a value that is none of its column's type.
public enum TypeErrorPolicy: String, Sendable, CaseIterable, JSONFieldWord {
    case quarantine, fail
}

/// A column as a pipeline declares it.
public struct DeclaredColumn: Sendable, Hashable {
    public var name: String
    public var type: ColumnType

    public init(name: String, type: ColumnType) {
        self.name = name
        self.type = type
    }

    init(_ fields: inout JSONFields) {
        name = fields.name("name")
        type = fields.columnType("type")
    }

    var json: JSONValue { ["name": .string(name), "type": .string("\(type)")] }
}

/// A step that brings one file or one table into a dataset.
public struct IngestSpec: Sendable, Hashable {
    /// Of `columns`.
    public static let maxColumns = 1000
    /// Of `checks`.
    public static let maxChecks = 100

    public var from: SourceSpec
    /// In the source's order; `nil`: taken from the source.
    public var columns: [DeclaredColumn]?
    public var dataset: DatasetAddress
    public var mode: LoadMode
    /// The columns that tell rows apart; only with ``LoadMode/upsert``, and then at least one.
    public var key: [String]
    public var onNewColumn: NewColumnPolicy
    public var onTypeError: TypeErrorPolicy
    /// 0 to 1: above this share of a unit's rows the run fails and nothing is applied.
    public var maxQuarantinedShare: Double
    public var checks: [CheckSpec]

    init(_ fields: inout JSONFields) {
        from = fields.object("from") { SourceSpec(&$0) }
        columns = fields.optionalObjects("columns") { DeclaredColumn(&$0) }
        (dataset, mode, key) = fields.object("to") { to in
            let dataset = to.datasetAddress("dataset")
            let mode = to.required("mode", as: LoadMode.self)
            return (dataset, mode, to.key(for: mode))
        }
        onNewColumn = fields.optional("onNewColumn") ?? .add
        onTypeError = fields.optional("onTypeError") ?? .quarantine
        maxQuarantinedShare = fields.optional("maxQuarantinedShare") ?? 1
        if !(0...1).contains(maxQuarantinedShare) { fields.reject("maxQuarantinedShare", "must lie between 0 and 1") }
        checks = fields.optionalObjects("checks") { CheckSpec(&$0) } ?? []
        fields.check(self)
    }

    var json: JSONValue {
        var target: JSONObject = ["dataset": .string("\(dataset)"), "mode": .string(mode.rawValue)]
        if !key.isEmpty { target["key"] = JSONValue(key) }
        var object: JSONObject = ["from": from.json]
        object["columns"] = columns.map { .array($0.map(\.json)) }
        object["to"] = .object(target)
        object["onNewColumn"] = .string(onNewColumn.rawValue)
        object["onTypeError"] = .string(onTypeError.rawValue)
        object["maxQuarantinedShare"] = JSONValue(maxQuarantinedShare)
        object["checks"] = .array(checks.map(\.json))
        return .object(object)
    }
}

extension JSONFields {
    fileprivate mutating func datasetAddress(_ name: String) -> DatasetAddress {
        let placeholder = DatasetAddress(domain: "", name: "")
        let text = required(name, as: String.self)
        guard raw(name)?.stringValue != nil else { return placeholder }
        guard let address = DatasetAddress(text) else {
            reject(name, "must be DOMAIN.DATASET")
            return placeholder
        }
        if let fault = ObjectName.fault(in: address.name) {
            reject(name, "has a dataset's name that \(fault.detail)", code: fault.code.rawValue)
        }
        return address
    }

    fileprivate mutating func key(for mode: LoadMode) -> [String] {
        let key = optional("key", as: [String].self) ?? []
        if mode == .upsert, key.isEmpty { reject("key", "is required with mode upsert") }
        if mode != .upsert, !key.isEmpty { reject("key", "goes with mode upsert") }
        if key.count > 32 { reject("key", "must have at most 32 columns") }
        for (index, name) in key.enumerated() where key[..<index].contains(name) {
            reject("key", at: ["\(index)"], "names a column twice")
        }
        return key
    }

    /// Refuses columns, keys and checks that do not fit each other.
    fileprivate mutating func check(_ ingest: IngestSpec) {
        if ingest.checks.count > IngestSpec.maxChecks {
            reject("checks", "must have at most \(IngestSpec.maxChecks) checks")
        }
        var checkNames: Set<String> = []
        for (index, check) in ingest.checks.enumerated() where !checkNames.insert(check.name).inserted {
            if !check.name.isEmpty { reject("checks", at: ["\(index)", "name"], "names a check twice") }
        }
        guard let columns = ingest.columns else { return }
        if columns.isEmpty { reject("columns", "must have a column; leave them out to take the source's") }
        if columns.count > IngestSpec.maxColumns {
            reject("columns", "must have at most \(IngestSpec.maxColumns) columns")
        }
        var types: [String: ColumnType] = [:]
        for (index, column) in columns.enumerated() where !column.name.isEmpty {
            if types.updateValue(column.type, forKey: column.name) != nil {
                reject("columns", at: ["\(index)", "name"], "names a column twice")
            }
        }
        for (index, name) in ingest.key.enumerated() {
            let pointer = ["key", "\(index)"]
            guard let type = types[name] else {
                reject("to", at: pointer, "names none of the columns")
                continue
            }
            if !type.hasOrder { reject("to", at: pointer, "names a column of type \(type), which has no order") }
        }
        for (index, check) in ingest.checks.enumerated() {
            for (place, name) in check.columns.enumerated() where types[name] == nil && !name.isEmpty {
                let tokens = check.namesOneColumn ? ["column"] : ["columns", "\(place)"]
                reject("checks", at: ["\(index)"] + tokens, "names none of the columns")
            }
        }
    }
}
