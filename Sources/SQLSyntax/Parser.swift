internal import CPgQuery
internal import Glibc

/// Postgres's grammar: text to tree. Nothing is looked up: names mean what the catalogs will say later.
package enum Parser {
    /// The most bytes of a statement unless its caller says otherwise: 1 MiB.
    package static let defaultMaxBytes = 1 << 20

    /// The most tokens of a statement: its tree takes about 200 bytes for each.
    static let maxTokens = 100_000

    /// The most levels of ``Nesting`` that are parsed at all.
    static let maxNesting = 10_000

    /// Levels that fit the smallest stack of a caller: at most 700 bytes each were measured, so about 360 kB.
    static let nestingOnCallersStack = 512

    /// Stack for deeper ones, mapped but touched only as far as needed: more than 1.6 kB for each level.
    private static let deepStackBytes = 16 << 20

    /// Parses `text`, however hostile, without ending the process: size, tokens and nesting are bounded first.
    ///
    /// Takes about 40 µs for a typical statement, and 0.2 s at the bounds: call it off the event loops.
    package static func parse(_ text: String, maxBytes: Int = defaultMaxBytes) throws(SQLSyntaxError) -> SyntaxTree {
        try withStack(for: text, maxBytes: maxBytes, parseOnThisStack)
    }

    /// libpg_query's fingerprint of the statements in `text`: 16 hexadecimal digits, the same whatever their literals, the
    /// length of their lists, their spaces and comments. Takes and costs what `parse` does.
    package static func fingerprint(
        of text: String, maxBytes: Int = defaultMaxBytes
    ) throws(SQLSyntaxError) -> String {
        try withStack(for: text, maxBytes: maxBytes, fingerprintOnThisStack)
    }

    /// Runs `body` on `text` where the stack is deep enough for its nesting, after the bounds have been checked.
    private static func withStack<Value: Sendable>(
        for text: String, maxBytes: Int, _ body: @escaping @Sendable (String) throws(SQLSyntaxError) -> Value
    ) throws(SQLSyntaxError) -> Value {
        let count = text.utf8.count
        guard count <= maxBytes else {
            throw SQLSyntaxError(.tooLong, "the statement has \(count) bytes; at most \(maxBytes) are allowed")
        }
        try SQLSyntaxError.refuseZeroBytes(in: text)
        // A level takes at least a byte, so a short text needs no scan.
        if count <= nestingOnCallersStack { return try body(text) }
        let tokens = try Scanner.tokens(of: text)
        guard tokens.count <= maxTokens else {
            throw SQLSyntaxError(.tooComplex, "the statement has more than \(maxTokens) tokens")
        }
        let nesting = Nesting.bound(of: tokens, in: text)
        if nesting <= nestingOnCallersStack { return try body(text) }
        guard nesting <= maxNesting else {
            throw SQLSyntaxError(.tooComplex, "the statement is nested too deeply")
        }
        let outcome = DeepStack.run(stackBytes: deepStackBytes) { () -> Result<Value, SQLSyntaxError> in
            do throws(SQLSyntaxError) {
                return .success(try body(text))
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else { throw SQLSyntaxError(.tooComplex, "no memory for a statement nested this deeply") }
        return try outcome.get()
    }

    private static func fingerprintOnThisStack(_ text: String) throws(SQLSyntaxError) -> String {
        let result = pg_query_fingerprint(text)
        defer { pg_query_free_fingerprint_result(result) }
        if let error = result.error { throw SQLSyntaxError(reading: error.pointee) }
        guard let fingerprint = result.fingerprint_str else {
            throw SQLSyntaxError(.syntax, "libpg_query returned no fingerprint")
        }
        return String(cString: fingerprint)
    }

    private static func parseOnThisStack(_ text: String) throws(SQLSyntaxError) -> SyntaxTree {
        let result = pg_query_parse(text)
        defer { pg_query_free_parse_result(result) }
        if let error = result.error { throw SQLSyntaxError(reading: error.pointee) }
        guard let json = result.parse_tree else { throw SQLSyntaxError(.syntax, "libpg_query returned no tree") }
        let bytes = UnsafeBufferPointer(start: json, count: strlen(json))
        return SyntaxTree(json: bytes.map { UInt8(bitPattern: $0) })
    }
}
