/// Something wrong with one value of a body.
public struct JSONFieldError: Hashable, Sendable {
    /// JSON pointer of the value.
    public var pointer: String
    /// What is wrong, continuing a sentence that begins with the field.
    public var detail: String
    /// The reader's own code for this kind of fault; `nil` for the general ones.
    public var code: String?

    public init(pointer: String, detail: String, code: String? = nil) {
        self.pointer = pointer
        self.detail = detail
        self.code = code
    }
}

/// Everything wrong with a body; never empty.
public struct JSONFieldErrors: Error, Hashable, Sendable {
    public var errors: [JSONFieldError]

    public init(errors: [JSONFieldError]) { self.errors = errors }
}

extension JSONFieldErrors: CustomStringConvertible {
    public var description: String {
        errors.map { "\($0.pointer.isEmpty ? "the body" : $0.pointer) \($0.detail)" }.joined(separator: "; ")
    }
}

/// What a merge patch does to a member.
public enum JSONFieldChange<Value> {
    /// The member is absent.
    case unchanged
    /// The member is `null`.
    case removed
    case set(Value)
}

extension JSONFieldChange: Equatable where Value: Equatable {}
extension JSONFieldChange: Sendable where Value: Sendable {}

/// Where a value is read, and what is found wrong with it.
public struct JSONFieldReading {
    public let pointer: String
    public private(set) var errors: [JSONFieldError] = []

    init(pointer: String) { self.pointer = pointer }

    /// Records that the value is unacceptable.
    public mutating func reject(_ detail: String) { errors.append(JSONFieldError(pointer: pointer, detail: detail)) }

    mutating func element<T: JSONFieldValue>(_ value: JSONValue, _ token: String, as type: T.Type) -> T? {
        var reading = JSONFieldReading(pointer: pointer + "/" + JSONPointer.escaped(token))
        let result = T.read(value, &reading)
        errors += reading.errors
        return result
    }
}

/// A type that a member of a body can be read as.
public protocol JSONFieldValue {
    /// Stands in for a value that could not be read; never leaves `JSONFields.read`.
    static var placeholder: Self { get }

    /// The value of `value`, or `nil` after rejecting it.
    static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> Self?
}

extension String: JSONFieldValue {
    public static var placeholder: String { "" }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> String? {
        guard let text = value.stringValue else { reading.reject("must be a string"); return nil }
        return text
    }
}

extension Bool: JSONFieldValue {
    public static var placeholder: Bool { false }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> Bool? {
        guard let truth = value.boolValue else { reading.reject("must be true or false"); return nil }
        return truth
    }
}

extension Int: JSONFieldValue {
    public static var placeholder: Int { 0 }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> Int? {
        guard let number = value.intValue else { reading.reject("must be an integer of at most 64 bits"); return nil }
        return number
    }
}

extension Double: JSONFieldValue {
    public static var placeholder: Double { 0 }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> Double? {
        guard let number = value.doubleValue else { reading.reject("must be a number"); return nil }
        return number
    }
}

extension JSONValue: JSONFieldValue {
    public static var placeholder: JSONValue { .null }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> JSONValue? { value }
}

extension JSONObject: JSONFieldValue {
    public static var placeholder: JSONObject { [:] }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> JSONObject? {
        guard let object = value.objectValue else { reading.reject("must be an object"); return nil }
        return object
    }
}

extension Array: JSONFieldValue where Element: JSONFieldValue {
    public static var placeholder: [Element] { [] }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> [Element]? {
        guard let values = value.arrayValue else { reading.reject("must be an array"); return nil }
        return values.enumerated().map { index, value in
            reading.element(value, "\(index)", as: Element.self) ?? Element.placeholder
        }
    }
}

extension Dictionary: JSONFieldValue where Key == String, Value: JSONFieldValue {
    public static var placeholder: [String: Value] { [:] }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> [String: Value]? {
        guard let object = value.objectValue else { reading.reject("must be an object"); return nil }
        var result: [String: Value] = [:]
        for (key, value) in object {
            result[key] = reading.element(value, key, as: Value.self) ?? Value.placeholder
        }
        return result
    }
}

/// An enumeration whose raw values are the words of the API: conforming is enough.
public protocol JSONFieldWord: JSONFieldValue, RawRepresentable, CaseIterable where RawValue == String {}

extension JSONFieldWord {
    public static var placeholder: Self { allCases[allCases.startIndex] }
    public static func read(_ value: JSONValue, _ reading: inout JSONFieldReading) -> Self? {
        guard let text = value.stringValue, let word = Self(rawValue: text) else {
            reading.reject("must be one of " + allCases.map(\.rawValue).joined(separator: ", "))
            return nil
        }
        return word
    }
}
