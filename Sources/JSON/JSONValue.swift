/// Any JSON document as a value.
///
/// A number keeps its source text, so no digit is lost; two numbers are equal when their texts are equal
/// (`1.0` is not `1`). Strings and keys are compared by their UTF-8 bytes, not by canonical equivalence,
/// as Postgres and RFC 8259 §8.3 compare them.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    /// The number as it was written; whoever makes one writes a valid RFC 8259 number.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    public init(_ value: Bool) { self = .bool(value) }
    public init(_ value: String) { self = .string(value) }
    public init(_ value: some BinaryInteger) { self = .number(String(value)) }

    /// The shortest text that reads back as `value`; `NaN` and the infinities, which JSON lacks, become strings.
    public init(_ value: Double) {
        if value.isNaN {
            self = .string("NaN")
        } else if value.isInfinite {
            self = .string(value < 0 ? "-Infinity" : "Infinity")
        } else {
            self = .number("\(value)")
        }
    }

    public init(_ values: [String]) { self = .array(values.map(JSONValue.string)) }

    /// `null` for `nil`.
    public init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
}

extension JSONValue {
    public var isNull: Bool { if case .null = self { true } else { false } }
    /// The boolean; `nil` when it is anything else.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The string; `nil` when it is anything else.
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements; `nil` when it is no array.
    public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The members; `nil` when it is no object.
    public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// The number when it is written as an integer that fits; `1.0` and `1e3` are not integers.
    public var intValue: Int? { if case .number(let text) = self { Int(text) } else { nil } }

    /// The number rounded to the nearest double; `nil` beyond its range.
    public var doubleValue: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The member of an object; `nil` when absent or when this is no object.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }

    /// The element of an array; `nil` outside its bounds or when this is no array.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }
}

extension JSONValue: Hashable {
    public static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .number(let text): hasher.combine(text)
        case .string(let text): hasher.combine(ExactText(text))
        case .array(let values): hasher.combine(values)
        case .object(let object): hasher.combine(object)
        }
    }
}
