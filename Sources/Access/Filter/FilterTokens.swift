internal import SQLSyntax

/// The lexical half of reading a row filter: bounds, what may not appear at all, and `user.attribute`.
///
/// `user.x` is a syntax error to Postgres, so each is replaced by a parameter of the same length in bytes: every place
/// in the parse tree is then a place in the text.
struct FilterTokens {
    struct Attribute {
        var name: String
        var range: Range<Int>
    }

    let place: ExpressionPlace
    let text: String
    let bytes: [UInt8]
    let tokens: [Token]
    /// The text with its attributes replaced: attribute `i` is `$(i + 1)`.
    private(set) var rewritten: String
    private(set) var attributes: [Attribute] = []

    init(_ text: String, in place: ExpressionPlace) throws(FilterError) {
        guard text.utf8.count <= FilterExpression.maxBytes else {
            throw FilterError(.tooLarge, "the expression is longer than \(FilterExpression.maxBytes) bytes")
        }
        self.place = place
        self.text = text
        bytes = Array(text.utf8)
        rewritten = text
        do throws(SQLSyntaxError) {
            tokens = try Scanner.tokens(of: text)
        } catch {
            throw FilterError(.syntax, error.message, position: error.position)
        }
        guard !tokens.isEmpty else { throw FilterError(.syntax, "the expression is empty") }
        for token in tokens { try refuseUnlessPlain(token) }
        try replaceAttributes()
    }

    func error(_ code: FilterError.Code, _ message: String, atByte offset: Int?) -> FilterError {
        let known = offset.flatMap { (0...bytes.count).contains($0) ? $0 : nil }
        return FilterError(code, message, position: known.map { SQLSyntaxError.position(ofByte: $0, in: text) })
    }

    /// Comments, parameters, exotic quoting and what only other statements need: nothing that could mislead a reader.
    private func refuseUnlessPlain(_ token: Token) throws(FilterError) {
        let reason: String? =
            switch token.kind {
            case .comment: "comments are not allowed in \(place.words)"
            case .parameter: "parameters such as $1 are not allowed in \(place.words)"
            case .bitString: "bit strings are not allowed in \(place.words)"
            case .unicodeIdentifier, .unicodeString: "U& escapes are not allowed in \(place.words)"
            case .string where !isPlainString(token.range): "texts are written '…', a quote in them twice"
            case .identifier where isTooLong(token.range): "a name has at most 63 bytes"
            case .character(let byte) where !Self.allowed.contains(byte):
                "\"\(Character(Unicode.Scalar(byte)))\" is not allowed in \(place.words)"
            case .identifier, .integer, .decimal, .string, .symbol, .character, .keyword: nil
            }
        if let reason { throw error(.notAllowed, reason, atByte: token.range.lowerBound) }
    }

    private static let allowed = Set("(),.=<>-".utf8)

    /// Whether the token is one run between single quotes; `E'…'`, `$$…$$`, `N'…'` and texts continued over lines
    /// (with room for comments between them) are not.
    private func isPlainString(_ range: Range<Int>) -> Bool {
        guard range.count >= 2, bytes[range.lowerBound] == Self.quote, bytes[range.upperBound - 1] == Self.quote else {
            return false
        }
        var index = range.lowerBound + 1
        while index < range.upperBound - 1 {
            guard bytes[index] == Self.quote else {
                index += 1
                continue
            }
            guard index + 1 < range.upperBound - 1, bytes[index + 1] == Self.quote else { return false }
            index += 2
        }
        return true
    }

    private static let quote = UInt8(ascii: "'")

    /// Postgres cuts long names, and what is left could be another column's.
    private func isTooLong(_ range: Range<Int>) -> Bool {
        guard bytes[range.lowerBound] == UInt8(ascii: "\"") else { return range.count > 63 }
        let inner = bytes[range].dropFirst().dropLast()
        let doubled = inner.filter { $0 == UInt8(ascii: "\"") }.count / 2
        return inner.count - doubled > 63
    }

    private mutating func replaceAttributes() throws(FilterError) {
        var output = bytes
        for (index, token) in tokens.enumerated() where word(token) == "user" && token.kind == .keyword(reserved: true)
        {
            guard index + 2 < tokens.count, tokens[index + 1].kind == .character(UInt8(ascii: ".")) else {
                throw error(
                    .notAllowed, "user is not allowed by itself: write user.attribute, or \"user\" for a column",
                    atByte: token.range.lowerBound)
            }
            let name = attributeName(tokens[index + 2])
            guard Self.isAttributeName(name) else {
                throw error(
                    .notAllowed, "an attribute is named by lower-case letters, digits and _, beginning with a letter",
                    atByte: tokens[index + 2].range.lowerBound)
            }
            let range = token.range.lowerBound..<tokens[index + 2].range.upperBound
            attributes.append(Attribute(name: name, range: range))
            let parameter = Array("$\(attributes.count)".utf8)
            // "user." is five bytes, and 4 KiB hold fewer than 1,000 of them, so a parameter is never longer.
            output.replaceSubrange(
                range, with: parameter + Array(repeating: UInt8(ascii: " "), count: range.count - parameter.count))
        }
        rewritten = String(decoding: output, as: UTF8.self)
    }

    private func word(_ token: Token) -> String {
        String(decoding: bytes[token.range], as: UTF8.self).lowercased()
    }

    /// Bare names fold to lower case, quoted ones do not, as in SQL.
    private func attributeName(_ token: Token) -> String {
        switch token.kind {
        case .identifier where bytes[token.range.lowerBound] == UInt8(ascii: "\""):
            String(decoding: bytes[token.range].dropFirst().dropLast(), as: UTF8.self)
        case .identifier, .keyword: word(token)
        default: ""
        }
    }

    static func isAttributeName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return name.utf8.count <= 63
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "_")
            }
    }
}
