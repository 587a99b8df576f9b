/// The lists that a word is on: names, places, words of languages. They come from packages
/// (docs/decisions/0017-classification.md), embedded as one text.
struct WordKinds: OptionSet, Sendable {
    let rawValue: UInt8

    static let given = WordKinds(rawValue: 1)
    static let family = WordKinds(rawValue: 2)
    static let city = WordKinds(rawValue: 4)
    /// A country or a part of one.
    static let country = WordKinds(rawValue: 8)
    /// A word of a language, no name.
    static let common = WordKinds(rawValue: 16)

    static let personal: WordKinds = [.given, .family]
}

/// Looks words up. Kept by their hashes: of 200,000 words two share one of 64 bits once in 10⁹ lists.
struct WordList: Sendable {
    /// The embedded list, read at its first use.
    static let shared = WordList(embeddedTexts.first?.text ?? "")

    let folding: Folding
    private var kinds: [UInt64: WordKinds] = [:]

    /// - Parameter text: As `scripts/reference-lists` writes it.
    init(_ text: String) {
        let bytes = text.utf8
        let lineEnd = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        folding = Folding(pairs: text[..<lineEnd])
        kinds.reserveCapacity(bytes.count / 10)
        var hash = Self.seed
        var found: WordKinds = []
        var isWord = true
        for byte in bytes[lineEnd...] {
            switch byte {
            case UInt8(ascii: "\n"):
                if !found.isEmpty { kinds[hash, default: []].formUnion(found) }
                (hash, found, isWord) = (Self.seed, [], true)
            case UInt8(ascii: "\t"): isWord = false
            case _ where isWord: hash = Self.mixed(hash, byte)
            default: found.formUnion(Self.kind(of: byte))
            }
        }
    }

    /// - Parameter word: Folded.
    func kinds(of word: String) -> WordKinds { kinds[word.utf8.reduce(Self.seed, Self.mixed)] ?? [] }

    /// - Parameter word: Folded ASCII.
    func kinds(of word: ArraySlice<UInt8>) -> WordKinds { kinds[word.reduce(Self.seed, Self.mixed)] ?? [] }

    private static func kind(of letter: UInt8) -> WordKinds {
        switch letter {
        case UInt8(ascii: "g"): .given
        case UInt8(ascii: "f"): .family
        case UInt8(ascii: "c"): .city
        case UInt8(ascii: "n"): .country
        case UInt8(ascii: "w"): .common
        default: []
        }
    }

    // FNV-1a, 64 bits.
    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325
    private static func mixed(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
}
