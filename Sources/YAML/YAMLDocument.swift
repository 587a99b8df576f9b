public import JSON

/// One document of a YAML stream as the JSON value it stands for, with the place of every part of it.
///
/// The subset of YAML 1.2 that is JSON with a friendlier face: mappings with text keys, sequences, scalars of the core
/// schema (`true`, `12`, `1.5`, `null`; everything quoted is text, and so is `NO`). Anchors, aliases, tags and merge keys
/// are refused: they let a small file stand for a huge one, or for something other than what it shows.
public struct YAMLDocument: Sendable {
    public let value: JSONValue
    let places: [String: Places]

    /// Where a value and the key before it begin.
    struct Places: Sendable {
        var key: YAMLPosition?
        var value: YAMLPosition
    }

    /// Where the value at a JSON pointer (RFC 6901) begins; for one that is not there, where its nearest container does.
    public func position(of pointer: String) -> YAMLPosition {
        places(of: pointer).value
    }

    /// Where the key of the value at a JSON pointer begins; in a sequence, where the value does.
    public func keyPosition(of pointer: String) -> YAMLPosition {
        let places = places(of: pointer)
        return places.key ?? places.value
    }

    private func places(of pointer: String) -> Places {
        var pointer = pointer[...]
        while true {
            if let found = places[String(pointer)] { return found }
            guard let slash = pointer.lastIndex(of: "/") else { return Places(value: YAMLPosition(line: 1, column: 1)) }
            pointer = pointer[..<slash]
        }
    }
}

/// A place in a text.
public struct YAMLPosition: Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// In characters (Unicode scalars), from 1.
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "line \(line), column \(column)" }
}

/// What a YAML text may cost.
public struct YAMLLimits: Sendable, Hashable {
    /// Bytes of the whole text.
    public var maxBytes: Int
    /// Containers that may enclose a value, at most 256: reading uses stack for each.
    public var maxDepth: Int

    /// 4 MiB and 64 levels.
    public static let standard = YAMLLimits()

    public init(maxBytes: Int = 4 << 20, maxDepth: Int = 64) {
        precondition(maxBytes >= 0 && (0...256).contains(maxDepth), "limits out of range")
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
    }
}
