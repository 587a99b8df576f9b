import JSON

/// Learns from a reader of bodies which members an object of theirs may have: by what it complains of.
struct FieldProbe {
    struct Field {
        var name: String
        /// What the reader says of wrong values; empty when it takes any.
        var rule: String
        /// As JSON; `nil`: required, or absent when not given.
        var fallback: String?
        var isRequired: Bool
    }

    /// A body that the reader takes.
    var document: JSONValue
    /// The object that is asked about.
    var path: [String] = []
    /// Members of the object that go only alone: out of the way while others are asked about.
    var exclusive: [String] = []
    /// Reads a body and returns it with its defaults.
    var read: (JSONValue) throws -> JSONValue

    /// The members in the order in which they are read.
    func fields() throws -> [Field] {
        try names().map(field)
    }

    private static let stranger = "zzzzzzzzzzzzzzzz"
    private static let known = "is not a known field; known are "

    private func names() throws -> [String] {
        let complaints = complaints(at: Self.stranger, when: .bool(true))
        guard let list = complaints.first(where: { $0.hasPrefix(Self.known) }) else {
            throw ReferenceError(message: "no members known at \(path): \(complaints)")
        }
        return list.dropFirst(Self.known.count).split(separator: ", ").map(String.init)
    }

    private func field(_ name: String) throws -> Field {
        let wrong: [JSONValue] = [.object(["zz": .bool(true)]), .string("?"), .number("-1")]
        var details: [String] = []
        for value in wrong {
            for detail in complaints(at: name, when: value) where !details.contains(detail) { details.append(detail) }
        }
        // What names the values says more than what names their type.
        let exact = details.filter { $0.contains(" one of ") || $0.contains(" lie between ") }
        var fallback: String?
        var isRequired = false
        if !exclusive.contains(name) {
            do {
                fallback = try read(document.setting(path + [name], to: nil)).member(path + [name])?.text
            } catch is JSONFieldErrors {
                isRequired = true
            }
        }
        return Field(
            name: name, rule: (exact.isEmpty ? details : exact).joined(separator: "; "), fallback: fallback,
            isRequired: isRequired)
    }

    /// What is said of exactly that member.
    private func complaints(at name: String, when value: JSONValue?) -> [String] {
        var body = document
        for other in exclusive where other != name { body = body.setting(path + [other], to: nil) }
        let pointer = (path + [name]).map { "/\($0)" }.joined()
        do { _ = try read(body.setting(path + [name], to: value)) } catch let faults as JSONFieldErrors {
            return faults.errors.filter { $0.pointer == pointer }.map(\.detail)
        } catch { return ["\(error)"] }
        return []
    }
}

extension JSONValue {
    /// The value at a path of names and positions.
    func member(_ path: [String]) -> JSONValue? {
        guard let first = path.first else { return self }
        let next = Int(first).flatMap { position in arrayValue.map { $0[position] } } ?? self[first]
        return next?.member(Array(path.dropFirst()))
    }

    /// The same with another value at the path, or without it.
    func setting(_ path: [String], to value: JSONValue?) -> JSONValue {
        guard let first = path.first else { return value ?? .null }
        let rest = Array(path.dropFirst())
        if let position = Int(first), var values = arrayValue {
            values[position] = values[position].setting(rest, to: value)
            return .array(values)
        }
        var object = objectValue ?? [:]
        object[first] = rest.isEmpty ? value : (object[first] ?? .object([:])).setting(rest, to: value)
        return .object(object)
    }
}
