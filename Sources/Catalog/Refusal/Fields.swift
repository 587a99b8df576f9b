public import JSON

extension Refusal {
    /// What is wrong with a body, in the statuses of api.md: 400 for a field that is not known, 422 for a bad value.
    ///
    /// A code that all faults share is the code of the whole.
    public init(_ faults: JSONFieldErrors) {
        let isUnknown = faults.errors.contains { $0.detail.hasPrefix("is not a known field") }
        let codes = Set(faults.errors.map(\.code))
        let shared = codes.count == 1 ? codes.first?.flatMap(RefusalCode.init(rawValue:)) : nil
        self.init(isUnknown ? .unknownField : shared ?? .invalid, faults.description, errors: faults.errors)
    }

    /// Reads a body, throwing everything wrong with it as one refusal.
    public static func reading<T>(
        _ body: JSONValue, at pointer: String = "", _ read: (inout JSONFields) -> T
    ) throws(Refusal) -> T {
        do { return try JSONFields.read(body, at: pointer, read) } catch { throw Refusal(error) }
    }
}

extension JSONFields {
    /// A text of at most `limit` characters that may be absent or `null`.
    public mutating func text(_ name: String, limit: Int = 10_000) -> String? {
        guard let text = optional(name, as: String.self) else { return nil }
        refuse(name, text, over: limit)
        return text
    }

    /// A text of at most `limit` characters that may stay, go or become another.
    public mutating func changedText(_ name: String, limit: Int) -> JSONFieldChange<String> {
        let change = change(name, as: String.self)
        if case .set(let text) = change { refuse(name, text, over: limit) }
        return change
    }

    /// Characters are Unicode code points, as Postgres's `length` and JSON Schema's `maxLength` count them.
    private mutating func refuse(_ name: String, _ text: String, over limit: Int) {
        if text.unicodeScalars.count > limit { reject(name, "must have at most \(limit) characters") }
    }

    /// A name that must be there.
    public mutating func name(_ field: String) -> String {
        let name = required(field, as: String.self)
        if let fault = ObjectName.fault(in: name), raw(field)?.stringValue != nil {
            reject(field, fault.detail, code: fault.code.rawValue)
        }
        return name
    }

    /// A name that may be absent or `null`.
    public mutating func optionalName(_ field: String) -> String? {
        guard let value = raw(field), !value.isNull else { return nil }
        return name(field)
    }

    /// A column's type in a Postgres spelling.
    public mutating func columnType(_ field: String) -> ColumnType {
        let spelling = required(field, as: String.self)
        do throws(ColumnTypeError) {
            return try ColumnType(parsing: spelling)
        } catch {
            if raw(field)?.stringValue != nil {
                reject(field, "\(error)", code: RefusalCode.unknownType.rawValue)
            }
            return ColumnType(.text)
        }
    }
}
