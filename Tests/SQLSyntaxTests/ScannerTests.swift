import Testing

@testable import SQLSyntax

@Suite struct ScannerTests {
    @Test(arguments: [
        // One text for each number that `Token` knows: another release of libpg_query may count differently.
        ("region", Token.Kind.identifier), ("\"a b\"", .identifier), ("12", .integer),
        ("2147483648", .decimal), ("1.5e3", .decimal), ("'x'", .string), ("E'x'", .string), ("$$x$$", .string),
        ("B'1'", .bitString), ("X'1F'", .bitString), ("$1", .parameter), ("~~", .symbol),
        ("<=", .symbol), (">=", .symbol), ("<>", .symbol), ("!=", .symbol), ("::", .symbol), (":=", .symbol),
        ("=>", .symbol), ("(", .character(UInt8(ascii: "("))), ("=", .character(UInt8(ascii: "="))),
        ("user", .keyword(reserved: true)), ("coalesce", .keyword(reserved: true)), ("year", .keyword(reserved: false)),
        ("-- x", .comment), ("/* x /* y */ */", .comment),
    ])
    func eachKindIsRecognised(text: String, kind: Token.Kind) throws {
        #expect(try Scanner.tokens(of: text) == [Token(kind: kind, range: 0..<text.utf8.count)])
    }

    @Test func unicodeEscapesAreRecognised() throws {
        #expect(try Scanner.tokens(of: "U&'x'").map(\.kind) == [.unicodeString])
        #expect(try Scanner.tokens(of: "U&\"x\"").map(\.kind) == [.unicodeIdentifier])
    }

    @Test func rangesCountBytes() throws {
        let tokens = try Scanner.tokens(of: "'é' = user.x")
        #expect(tokens.map(\.range) == [0..<4, 5..<6, 7..<11, 11..<12, 12..<13])
    }

    @Test func nothingIsNoToken() throws {
        #expect(try Scanner.tokens(of: "").isEmpty)
        #expect(try Scanner.tokens(of: " \n").isEmpty)
    }

    @Test func whatNeverEndsIsRefused() {
        for text in ["'x", "\"x", "/* x", "$$ x", "E'\\'"] {
            #expect(throws: SQLSyntaxError.self, "\(text)") { try Scanner.tokens(of: text) }
        }
        #expect(throws: SQLSyntaxError.self) { try Scanner.tokens(of: "a\0b") }
    }
}
