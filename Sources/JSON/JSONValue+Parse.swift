extension JSONValue {
    /// Reads one JSON document (RFC 8259, UTF-8, no byte-order mark) that makes up all of `bytes`.
    ///
    /// Stricter than the RFC where its freedom loses data: duplicate keys, lone surrogates and U+0000 are refused.
    public static func parse(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONValue {
        try parse(bytes.span, limits: limits)
    }

    /// The same for the UTF-8 bytes of a text.
    public static func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    /// The same for bytes that somebody else owns.
    public static func parse(
        _ bytes: Span<UInt8>, limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.maxBytes else {
            throw JSONError(.tooLarge, at: limits.maxBytes, "longer than \(limits.maxBytes) bytes")
        }
        var scanner = JSONScanner(maxDepth: limits.maxDepth)
        do {
            let value = try scanner.value(bytes)
            try scanner.expectEnd(bytes)
            return value
        } catch {
            throw error.located(in: bytes)
        }
    }
}

extension JSONScanner {
    /// Consumes one value and builds it.
    ///
    /// - Parameter depth: Containers that enclose the value already.
    package mutating func value(_ bytes: Span<UInt8>, depth: Int = 0) throws(JSONError) -> JSONValue {
        switch peek(bytes) {
        case UInt8(ascii: "{")?: return .object(try object(bytes, depth: depth + 1))
        case UInt8(ascii: "[")?:
            try checkDepth(depth + 1)
            let close = UInt8(ascii: "]")
            var elements: [JSONValue] = []
            guard open(bytes, until: close) else { return .array([]) }
            repeat { elements.append(try value(bytes, depth: depth + 1)) } while try hasNext(bytes, until: close)
            return .array(elements)
        case UInt8(ascii: "\"")?: return .string(try string(bytes).text(in: bytes))
        case UInt8(ascii: "t")?:
            try literal(bytes, "true")
            return .bool(true)
        case UInt8(ascii: "f")?:
            try literal(bytes, "false")
            return .bool(false)
        case UInt8(ascii: "n")?:
            try literal(bytes, "null")
            return .null
        case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
            let range = try number(bytes)
            return .number(JSONStringRange(range: range, hasEscapes: false).text(in: bytes))
        default: throw unexpected(bytes, "a JSON value")
        }
    }

    private mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        try checkDepth(depth)
        let close = UInt8(ascii: "}")
        var object = JSONObject()
        guard open(bytes, until: close) else { return object }
        repeat {
            let range = try key(bytes)
            let key = range.text(in: bytes)
            guard !object.contains(key) else { throw Self.duplicate(range) }
            object.append(key: key, value: try value(bytes, depth: depth))
        } while try hasNext(bytes, until: close)
        return object
    }
}
