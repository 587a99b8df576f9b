/// Header or trailer fields in the order they came, looked up without regard to case (RFC 9110 §5).
///
/// A plain array: requests carry about ten fields, so a linear search beats hashing. What arrives from a client has
/// been checked and its names are lower-case; names set for a response are sent as they are spelt.
public struct Fields: Sendable, ExpressibleByDictionaryLiteral {
    /// One line of a head.
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    public private(set) var all: [Field] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }

    public var count: Int { all.count }
    public var isEmpty: Bool { all.isEmpty }

    /// The first value of a field; setting replaces every line of that name, `nil` removes them.
    public subscript(name: String) -> String? {
        get {
            for field in all where equalsIgnoringCase(field.name, name) { return field.value }
            return nil
        }
        set {
            guard let newValue else {
                all.removeAll { equalsIgnoringCase($0.name, name) }
                return
            }
            guard let first = all.firstIndex(where: { equalsIgnoringCase($0.name, name) }) else {
                all.append(Field(name: name, value: newValue))
                return
            }
            all[first].value = newValue
            var index = all.endIndex - 1
            while index > first {
                if equalsIgnoringCase(all[index].name, name) { all.remove(at: index) }
                index -= 1
            }
        }
    }

    /// Every line of a field, in order.
    public func values(_ name: String) -> [String] {
        all.filter { equalsIgnoringCase($0.name, name) }.map(\.value)
    }

    /// Whether a line has this name, in whatever case.
    public func contains(_ name: String) -> Bool { self[name] != nil }

    /// Adds a line, keeping those of the same name.
    public mutating func append(_ name: String, _ value: String) {
        all.append(Field(name: name, value: value))
    }

    mutating func append(_ field: Field) {
        all.append(field)
    }

    /// The members of a comma-separated list field over all its lines, trimmed, empty ones left out
    /// (RFC 9110 §5.6.1). Not for fields whose members may be quoted strings.
    public func list(_ name: String) -> [String] {
        var members: [String] = []
        for field in all where equalsIgnoringCase(field.name, name) {
            for member in field.value.utf8.split(separator: UInt8(ascii: ",")) {
                let text = trimmed(String(Substring(member)))
                if !text.isEmpty { members.append(text) }
            }
        }
        return members
    }

    /// Makes room for `count` fields in all.
    public mutating func reserve(_ count: Int) {
        all.reserveCapacity(count)
    }
}
