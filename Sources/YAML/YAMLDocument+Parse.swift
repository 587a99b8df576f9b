internal import JSON

extension YAMLDocument {
    /// Reads all documents of a stream (UTF-8); those without content are left out.
    ///
    /// Stops at the first mistake. Time and memory are proportional to the text: nothing in it can stand for more.
    public static func parse(
        _ bytes: [UInt8], limits: YAMLLimits = .standard
    ) throws(YAMLError) -> [YAMLDocument] {
        guard bytes.count <= limits.maxBytes else {
            throw YAMLError(
                .tooLarge, "the text is longer than \(limits.maxBytes) bytes", at: YAMLPosition(line: 1, column: 1))
        }
        let events = try YAMLEvents(bytes)
        var documents: [YAMLDocument] = []
        while true {
            switch try events.next().event {
            case .streamEnd: return documents
            case .documentStart:
                var reader = DocumentReader(events: events, maxDepth: limits.maxDepth)
                if let document = try reader.document() { documents.append(document) }
            case .documentEnd, .mappingStart, .sequenceStart, .end, .scalar: break
            }
        }
    }

    /// The same for the UTF-8 bytes of a text.
    public static func parse(_ text: String, limits: YAMLLimits = .standard) throws(YAMLError) -> [YAMLDocument] {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// Builds one document from its events.
private struct DocumentReader {
    let events: YAMLEvents
    let maxDepth: Int
    private var places: [String: YAMLDocument.Places] = [:]

    init(events: YAMLEvents, maxDepth: Int) {
        self.events = events
        self.maxDepth = maxDepth
    }

    mutating func document() throws(YAMLError) -> YAMLDocument? {
        let (event, position) = try events.next()
        if case .scalar("", isPlain: true) = event { return nil }
        let value = try value(event, at: position, key: nil, pointer: "", depth: 0)
        return YAMLDocument(value: value, places: places)
    }

    private mutating func value(
        _ event: YAMLEvents.Event, at position: YAMLPosition, key: YAMLPosition?, pointer: String, depth: Int
    ) throws(YAMLError) -> JSONValue {
        places[pointer] = .init(key: key, value: position)
        switch event {
        case .scalar(let text, let isPlain):
            if text.utf8.contains(0) { throw YAMLError(.notAllowed, "a zero byte is not allowed", at: position) }
            guard isPlain else { return .string(text) }
            guard let value = CoreSchema.value(of: text) else {
                throw YAMLError(.notAllowed, "the number is too large; quote it to have it as text", at: position)
            }
            return value
        case .mappingStart: return .object(try mapping(at: position, pointer: pointer, depth: depth + 1))
        case .sequenceStart: return .array(try sequence(at: position, pointer: pointer, depth: depth + 1))
        case .streamEnd, .documentStart, .documentEnd, .end:
            throw YAMLError(.syntax, "a value is missing", at: position)
        }
    }

    private mutating func mapping(
        at position: YAMLPosition, pointer: String, depth: Int
    ) throws(YAMLError) -> JSONObject {
        try checkDepth(depth, at: position)
        var object = JSONObject()
        while true {
            let (event, keyPosition) = try events.next()
            if case .end = event { return object }
            guard case .scalar(let key, let isPlain) = event else {
                throw YAMLError(.notAllowed, "a key is a text, not a mapping or sequence", at: keyPosition)
            }
            if isPlain, key == "<<" {
                throw YAMLError(
                    .notAllowed, "merge keys (<<) are not allowed: write the members again", at: keyPosition)
            }
            if isPlain, key.isEmpty { throw YAMLError(.syntax, "a key is missing", at: keyPosition) }
            if key.utf8.contains(0) { throw YAMLError(.notAllowed, "a zero byte is not allowed", at: keyPosition) }
            guard !object.contains(key) else {
                throw YAMLError(.duplicateKey, "the key \"\(key)\" is there already", at: keyPosition)
            }
            let (content, position) = try events.next()
            object[key] = try value(
                content, at: position, key: keyPosition, pointer: pointer + "/" + Self.escaped(key), depth: depth)
        }
    }

    private mutating func sequence(
        at position: YAMLPosition, pointer: String, depth: Int
    ) throws(YAMLError) -> [JSONValue] {
        try checkDepth(depth, at: position)
        var elements: [JSONValue] = []
        while true {
            let (event, position) = try events.next()
            if case .end = event { return elements }
            elements.append(
                try value(event, at: position, key: nil, pointer: "\(pointer)/\(elements.count)", depth: depth))
        }
    }

    private func checkDepth(_ depth: Int, at position: YAMLPosition) throws(YAMLError) {
        guard depth <= maxDepth else {
            throw YAMLError(.tooDeep, "values are nested more than \(maxDepth) deep", at: position)
        }
    }

    /// RFC 6901 §3.
    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        var result = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
