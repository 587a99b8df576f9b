/// Reads the fields of one JSON object and collects everything that is wrong with it.
///
///     let domain = try JSONFields.read(body) { fields in
///         Domain(title: fields.required("title"), description: fields.optional("description") ?? "",
///                owner: fields.required("owner"))
///     }
///
/// A field that is missing or of another type records an error and yields a placeholder, so reading goes on to the
/// end; `read` then throws and what was made of placeholders is dropped. Members that nobody asked for are refused.
public struct JSONFields {
    /// Pointer of the object; empty for the document.
    public let pointer: String
    /// What is wrong so far.
    public private(set) var errors: [JSONFieldError] = []
    private let object: JSONObject
    private var known: [String] = []
    /// An object that is not there: its fields are placeholders, its errors are not worth telling.
    private let isPlaceholder: Bool

    private init(_ object: JSONObject, at pointer: String, isPlaceholder: Bool = false) {
        self.object = object
        self.pointer = pointer
        self.isPlaceholder = isPlaceholder
    }

    /// Runs `body` on the object `value` and throws all errors together.
    public static func read<T>(
        _ value: JSONValue, at pointer: String = "", _ body: (inout JSONFields) -> T
    ) throws(JSONFieldErrors) -> T {
        let (result, errors) = collect(value, at: pointer, body)
        guard errors.isEmpty else { throw JSONFieldErrors(errors: errors) }
        return result
    }

    private static func collect<T>(
        _ value: JSONValue?, at pointer: String, _ body: (inout JSONFields) -> T
    ) -> (T, [JSONFieldError]) {
        guard case .object(let object)? = value else {
            var placeholder = JSONFields([:], at: pointer, isPlaceholder: true)
            let detail = value == nil ? "is required" : "must be an object"
            return (body(&placeholder), [JSONFieldError(pointer: pointer, detail: detail)])
        }
        var fields = JSONFields(object, at: pointer)
        let result = body(&fields)
        fields.refuseUnknown()
        return (result, fields.errors)
    }

    /// Records that the member `name` is unacceptable; `detail` continues a sentence that begins with the field.
    public mutating func reject(_ name: String, _ detail: String, code: String? = nil) {
        guard !isPlaceholder else { return }
        errors.append(JSONFieldError(pointer: pointer(to: name), detail: detail, code: code))
    }

    /// Records that the object itself is unacceptable.
    public mutating func reject(_ detail: String) {
        guard !isPlaceholder else { return }
        errors.append(JSONFieldError(pointer: pointer, detail: detail))
    }

    /// Something is wrong inside the member `name`, at these tokens below it.
    public mutating func reject(_ name: String, at tokens: [String], _ detail: String) {
        guard !isPlaceholder else { return }
        let inner = tokens.map { "/" + JSONPointer.escaped($0) }.joined()
        errors.append(JSONFieldError(pointer: pointer(to: name) + inner, detail: detail))
    }

    /// The pointer of the member `name`.
    public func pointer(to name: String) -> String { pointer + "/" + JSONPointer.escaped(name) }

    /// The member as it is, `nil` when absent (not when `null`); it counts as known from now on.
    public mutating func raw(_ name: String) -> JSONValue? {
        if !known.contains(name) { known.append(name) }
        return object[name]
    }

    /// A member that must be there and not `null`.
    public mutating func required<T: JSONFieldValue>(_ name: String, as type: T.Type = T.self) -> T {
        guard let value = raw(name) else {
            reject(name, "is required")
            return T.placeholder
        }
        return read(value, name, type) ?? T.placeholder
    }

    /// A member that may be absent or `null`.
    public mutating func optional<T: JSONFieldValue>(_ name: String, as type: T.Type = T.self) -> T? {
        guard let value = raw(name), !value.isNull else { return nil }
        return read(value, name, type)
    }

    /// A member that may be absent, and where `null` says something else than absence (JSON Merge Patch).
    public mutating func change<T: JSONFieldValue>(_ name: String, as type: T.Type = T.self) -> JSONFieldChange<T> {
        guard let value = raw(name) else { return .unchanged }
        if value.isNull { return .removed }
        return read(value, name, type).map(JSONFieldChange.set) ?? .unchanged
    }

    /// A number that must be there and within `range`.
    public mutating func required(_ name: String, in range: ClosedRange<Int>) -> Int {
        guard raw(name) != nil else {
            reject(name, "is required")
            return range.lowerBound
        }
        return optional(name, in: range) ?? range.lowerBound
    }

    /// A number within `range` that may be absent or `null`.
    public mutating func optional(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let number = optional(name, as: Int.self) else { return nil }
        guard range.contains(number) else {
            reject(name, "must lie between \(range.lowerBound) and \(range.upperBound)")
            return nil
        }
        return number
    }

    private mutating func read<T: JSONFieldValue>(_ value: JSONValue, _ name: String, _ type: T.Type) -> T? {
        var reading = JSONFieldReading(pointer: pointer(to: name))
        let result = T.read(value, &reading)
        if !isPlaceholder { errors += reading.errors }
        return result
    }

    private mutating func refuseUnknown() {
        for key in object.keys where !known.contains(key) {
            if let closest = ClosestName.of(key, among: known) {
                reject(key, "is not a known field; did you mean \"\(closest)\"?")
            } else {
                let allowed = known.isEmpty ? "none is" : "known are " + known.joined(separator: ", ")
                reject(key, "is not a known field; \(allowed)")
            }
        }
    }
}

extension JSONFields {
    /// An object that must be there, read by `body`.
    public mutating func object<T>(_ name: String, _ body: (inout JSONFields) -> T) -> T {
        let (result, found) = Self.collect(raw(name), at: pointer(to: name), body)
        if !isPlaceholder { errors += found }
        return result
    }

    /// An object that may be absent or `null`, read by `body`.
    public mutating func optionalObject<T>(_ name: String, _ body: (inout JSONFields) -> T) -> T? {
        guard let value = raw(name), !value.isNull else { return nil }
        return object(name, body)
    }

    /// An array of objects that must be there, each read by `body`.
    public mutating func objects<T>(_ name: String, _ body: (inout JSONFields) -> T) -> [T] {
        let elements = required(name, as: [JSONValue].self)
        var results: [T] = []
        for (index, element) in elements.enumerated() {
            let (result, found) = Self.collect(element, at: pointer(to: name) + "/\(index)", body)
            results.append(result)
            errors += found
        }
        return results
    }

    /// An array of objects that may be absent or `null`.
    public mutating func optionalObjects<T>(_ name: String, _ body: (inout JSONFields) -> T) -> [T]? {
        guard let value = raw(name), !value.isNull else { return nil }
        return objects(name, body)
    }

    /// A text that must be there and that `parse` accepts; the error of `parse` describes itself to the client.
    ///
    /// - Parameter placeholder: Yielded when there is no acceptable text.
    public mutating func required<T, E: Error & CustomStringConvertible>(
        _ name: String, placeholder: @autoclosure () -> T, _ parse: (String) throws(E) -> T
    ) -> T {
        guard raw(name) != nil else {
            reject(name, "is required")
            return placeholder()
        }
        guard let text = read(object[name] ?? .null, name, String.self) else { return placeholder() }
        do { return try parse(text) } catch {
            reject(name, "\(error)")
            return placeholder()
        }
    }
}
