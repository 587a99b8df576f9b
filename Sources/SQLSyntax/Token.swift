/// One token of Postgres's own scanner, with the place it was read from.
package struct Token: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A name, bare or in double quotes.
        case identifier
        /// A name written `U&"…"`.
        case unicodeIdentifier
        case integer
        /// A number with a point or exponent, or too large for 32 bits.
        case decimal
        /// `'…'`, `E'…'` or `$$…$$`; the first byte tells which.
        case string
        /// A text written `U&'…'`.
        case unicodeString
        /// `B'…'` or `X'…'`.
        case bitString
        /// `$1`
        case parameter
        /// An operator of several characters, or one that Postgres lets users define.
        case symbol
        /// A single character of the grammar itself: `( ) [ ] , ; : . + - * / % ^ < > =`.
        case character(UInt8)
        /// A word with a meaning of its own; all but the unreserved ones need quotes to be a name.
        case keyword(reserved: Bool)
        case comment
    }

    package var kind: Kind
    /// UTF-8 offsets in the scanned text. Of the two `U&` kinds only the start is right (libpg_query 15-4.0.0).
    package var range: Range<Int>
}

extension Token {
    /// Numbers of libpg_query's `enum Token` (pg_query.proto, 15-4.0.0); `ScannerTests` names one text for each.
    init(number: Int, keywordKind: Int, range: Range<Int>) {
        self.range = range
        kind =
            switch number {
            case _ where keywordKind != 0: .keyword(reserved: keywordKind != 1)
            case 0..<256: .character(UInt8(number))
            case 258: .identifier
            case 259: .unicodeIdentifier
            case 260: .decimal
            case 261: .string
            case 262: .unicodeString
            case 263, 264: .bitString
            case 266: .integer
            case 267: .parameter
            case 275, 276: .comment
            default: .symbol
            }
    }
}
