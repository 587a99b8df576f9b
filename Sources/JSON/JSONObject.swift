/// The members of a JSON object, in the order they were written or added.
///
/// Two objects are equal when they have equal members, in whatever order. Look-up is O(1).
public struct JSONObject: Sendable {
    private var members: [(key: String, value: JSONValue)] = []
    /// Positions by key; only kept above `scanLimit` members, below it a scan is faster.
    private var positions: [ExactText: Int] = [:]
    private static let scanLimit = 8

    public init() {}

    /// Members in the order given; a key given twice is a programmer's mistake.
    public init(uniqueKeysWithValues elements: [(String, JSONValue)]) {
        for (key, value) in elements {
            let isNew = append(key: key, value: value)
            precondition(isNew, "key given twice: \(key)")
        }
    }

    public var keys: [String] { members.map(\.key) }
    public var count: Int { members.count }
    public var isEmpty: Bool { members.isEmpty }

    /// The value of `key`. Setting an existing key keeps its place, a new one goes last; `nil` removes (O(n)).
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(key: key, value: value)
            case (nil, nil): break
            }
        }
    }

    /// Whether there is a member of this name. O(1).
    public func contains(_ key: String) -> Bool { position(of: key) != nil }

    /// Adds a member at the end; changes nothing and returns `false` when the key is there already.
    @discardableResult
    mutating func append(key: String, value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        members.append((key, value))
        if members.count == Self.scanLimit + 1 {
            for (position, member) in members.enumerated() { positions[ExactText(member.key)] = position }
        } else if members.count > Self.scanLimit {
            positions[ExactText(key)] = members.count - 1
        }
        return true
    }

    private mutating func remove(at position: Int) {
        let rest = members[..<position] + members[(position + 1)...]
        self = JSONObject(uniqueKeysWithValues: rest.map { ($0.key, $0.value) })
    }

    private func position(of key: String) -> Int? {
        if members.count > Self.scanLimit { return positions[ExactText(key)] }
        return members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { members.makeIterator() }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // Order must not matter, so the members' hashes are combined by a commutative operation.
        var combined = 0
        for (key, value) in self {
            var member = Hasher()
            member.combine(ExactText(key))
            member.combine(value)
            combined ^= member.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(uniqueKeysWithValues: elements) }
}

/// Text compared and hashed by its UTF-8 bytes; `String` itself takes canonically equivalent texts for equal.
struct ExactText: Hashable {
    private let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
