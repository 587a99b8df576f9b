internal import CYAML

/// libyaml's parser over a text: one event after the other.
///
/// A class, because libyaml keeps pointers into its parser, which therefore must not move.
final class YAMLEvents {
    enum Event {
        case streamEnd
        case documentStart
        case documentEnd
        case mappingStart
        case sequenceStart
        /// Of a mapping or sequence.
        case end
        /// `isPlain`: without quotes, so its type is read from its text.
        case scalar(text: String, isPlain: Bool)
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(YAMLError) {
        parser = .allocate(capacity: 1)
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        guard yaml_parser_initialize(parser) == 1 else {
            // Only for want of memory; what libyaml had allocated it has freed.
            parser.initialize(to: yaml_parser_t())
            throw YAMLError(.tooLarge, "there is no memory to read the text", at: YAMLPosition(line: 1, column: 1))
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event and where it begins. Anchors, aliases, tags and directives throw `notAllowed`.
    func next() throws(YAMLError) -> (event: Event, position: YAMLPosition) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
        defer { yaml_event_delete(&event) }
        let position = Self.position(event.start_mark)
        switch event.type {
        case YAML_STREAM_START_EVENT: return try next()
        case YAML_DOCUMENT_START_EVENT:
            let tags = event.data.document_start.tag_directives
            guard tags.start == tags.end else {
                throw YAMLError(.notAllowed, "%TAG directives are not allowed", at: position)
            }
            return (.documentStart, position)
        case YAML_DOCUMENT_END_EVENT: return (.documentEnd, position)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try refuse(anchor: start.anchor, tag: start.tag, at: position)
            return (.mappingStart, position)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try refuse(anchor: start.anchor, tag: start.tag, at: position)
            return (.sequenceStart, position)
        case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT: return (.end, position)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, at: position)
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            return (.scalar(text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), position)
        case YAML_ALIAS_EVENT:
            throw YAMLError(.notAllowed, "aliases (*name) are not allowed: write the value again", at: position)
        default: return (.streamEnd, position)
        }
    }

    private func refuse(
        anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, at position: YAMLPosition
    ) throws(YAMLError) {
        if anchor != nil { throw YAMLError(.notAllowed, "anchors (&name) are not allowed", at: position) }
        if tag != nil { throw YAMLError(.notAllowed, "tags (!name) are not allowed", at: position) }
    }

    private static func position(_ mark: yaml_mark_t) -> YAMLPosition {
        YAMLPosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "this is no YAML"
        guard parser.pointee.error == YAML_READER_ERROR else {
            let context = parser.pointee.context.map { " " + String(cString: $0) } ?? ""
            return YAMLError(.syntax, problem + context, at: Self.position(parser.pointee.problem_mark))
        }
        // The reader knows only the offset of the byte it cannot decode.
        let before = input.prefix(Int(parser.pointee.problem_offset))
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
        return YAMLError(.syntax, problem, at: YAMLPosition(line: line, column: column))
    }
}
