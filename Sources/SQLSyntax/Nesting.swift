/// A bound on how deep a statement's tree can be, found on its tokens before the parser recurses over it.
///
/// libpg_query (15-4.0.0) writes its tree recursively and checks no stack: `1+1+1+…` with 100,000 terms ends the
/// process on a stack of 8 MiB. Every production that nests takes at least one operator, keyword or bracket, and the
/// tree of a list does not deepen with its length. So the depth is at most (in small multiples) the number of such
/// tokens between commas, added up over the open brackets. AND and OR make flat lists and are not counted. Set
/// operations nest across the commas of their select lists and are counted apart.
enum Nesting {
    private struct Bracket {
        var sinceComma = 0
        var setOperations = 0
        var depth: Int { sinceComma + setOperations + 1 }
    }

    static func bound(of tokens: [Token], in text: String) -> Int {
        let bytes = Array(text.utf8)
        var open: [Bracket] = []
        var current = Bracket()
        var below = 0
        var deepest = 0
        for token in tokens {
            switch token.kind {
            case .character(UInt8(ascii: "(")), .character(UInt8(ascii: "[")):
                below += current.depth
                open.append(current)
                current = Bracket()
            case .character(UInt8(ascii: ")")), .character(UInt8(ascii: "]")):
                if let outer = open.popLast() {
                    current = outer
                    below -= outer.depth
                }
                // What follows a bracket may apply to it: `(a)(b)` is a function, `(a)[1]` an element.
                current.sinceComma += 1
            case .character(UInt8(ascii: ",")):
                current.sinceComma = 0
            case .keyword:
                switch word(token, bytes) {
                case "and", "or": break
                case "union", "except", "intersect": current.setOperations += 1
                default: current.sinceComma += 1
                }
            case .symbol, .character:
                current.sinceComma += 1
            case .identifier, .unicodeIdentifier, .integer, .decimal, .string, .unicodeString, .bitString, .parameter,
                .comment:
                break
            }
            deepest = max(deepest, below + current.depth)
        }
        return deepest
    }

    private static func word(_ token: Token, _ bytes: [UInt8]) -> String {
        String(decoding: bytes[token.range].map { $0 | 0x20 }, as: UTF8.self)
    }
}
