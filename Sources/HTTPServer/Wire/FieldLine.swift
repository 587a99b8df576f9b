/// One header or trailer line (RFC 9112 §5).
enum FieldLine {
    /// Reads a line without its CR LF. The name becomes lower-case; the value loses the white space around it.
    ///
    /// - Throws: `foldedField` for a line that continues the one before; `badField` for an empty or invalid name, white
    ///   space before the colon, and control characters: a bare CR or NUL is where two parsers could disagree.
    static func parse(_ line: Span<UInt8>) throws(WireError) -> Fields.Field {
        guard !line.isEmpty else { throw .badField }
        if line[0] == 0x20 || line[0] == 0x09 { throw .foldedField }
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") {
            guard line[colon].isTokenByte else { throw .badField }
            colon += 1
        }
        guard colon > 0, colon < line.count else { throw .badField }
        var (start, end) = (colon + 1, line.count)
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        for index in start..<end where !line[index].isFieldValueByte { throw .badField }
        let name = String(unsafeUninitializedCapacity: colon) { buffer in
            for index in 0..<colon { buffer[index] = line[index].lowercasedASCII }
            return colon
        }
        return Fields.Field(name: name, value: line.extracting(start..<end).text())
    }
}

extension Span<UInt8> {
    /// Position of the next LF at or after `start`.
    func nextLineFeed(from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == 0x0A { return index }
            index += 1
        }
        return nil
    }
}
