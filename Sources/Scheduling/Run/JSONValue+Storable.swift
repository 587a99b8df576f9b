import JSON

extension JSONValue {
    /// The same with U+FFFD for U+0000, which Postgres's `jsonb` and `text` cannot hold. Input files bring it along.
    var storable: JSONValue {
        switch self {
        case .null, .bool, .number: self
        case .string(let text): .string(text.withoutNUL)
        case .array(let values): .array(values.map(\.storable))
        case .object(let members):
            .object(members.reduce(into: JSONObject()) { $0[$1.key.withoutNUL] = $1.value.storable })
        }
    }
}

extension String {
    fileprivate var withoutNUL: String {
        guard utf8.contains(0) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
