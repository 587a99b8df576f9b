internal import CPgQuery

/// Postgres's scanner: text to tokens, comments included.
package enum Scanner {
    /// Returns the tokens of `text` in order; throws `syntax` for a text that never ends, or a zero byte.
    ///
    /// Takes about 10 ns a byte and 24 bytes of memory a token: bound the text first.
    package static func tokens(of text: String) throws(SQLSyntaxError) -> [Token] {
        try SQLSyntaxError.refuseZeroBytes(in: text)
        let result = pg_query_scan(text)
        defer { pg_query_free_scan_result(result) }
        if let error = result.error { throw SQLSyntaxError(reading: error.pointee) }
        guard let data = result.pbuf.data else { return [] }
        let bytes = UnsafeRawBufferPointer(start: data, count: result.pbuf.len)
        var message = ProtobufReader(bytes: bytes)
        var tokens: [Token] = []
        while let field = message.next() {
            // ScanResult: 1 = version, 2 = repeated ScanToken.
            guard field.number == 2, case .bytes(let token) = field.value else { continue }
            tokens.append(read(token))
        }
        return tokens
    }

    /// ScanToken: 1 = start, 2 = end (bytes), 4 = token, 5 = keyword kind; a zero is left out.
    private static func read(_ bytes: UnsafeRawBufferPointer) -> Token {
        var message = ProtobufReader(bytes: bytes)
        var values = (start: 0, end: 0, token: 0, keyword: 0)
        while let field = message.next() {
            guard case .number(let value) = field.value else { continue }
            switch field.number {
            case 1: values.start = value
            case 2: values.end = value
            case 4: values.token = value
            case 5: values.keyword = value
            default: break
            }
        }
        return Token(
            number: values.token, keywordKind: values.keyword, range: values.start..<max(values.start, values.end))
    }
}

extension SQLSyntaxError {
    /// The error of a libpg_query result, which keeps the memory.
    init(reading error: PgQueryError) {
        let message = error.message.map { String(cString: $0) } ?? "unknown error"
        // bison's own bound of 10,000 pending symbols.
        let deep = message.hasPrefix("memory exhausted")
        self.init(
            deep ? .tooComplex : .syntax, deep ? "the statement is nested too deeply" : message,
            position: error.cursorpos > 0 ? Int(error.cursorpos) : nil)
    }
}
