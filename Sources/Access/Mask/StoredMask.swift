import Catalog
import Postgres

/// A column of a dataset's table, behind its view, that holds masked values: those of a mask that needs a key.
///
/// As a function it would be an oracle for guesses ([decision 16](../../../docs/decisions/0016-stored-masks.md)).
struct StoredMask: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case sha256
        /// What `sha256-query` hashes with each statement's salt. Nobody is ever shown it: who knew it could tell the
        /// hashes of two statements apart from others.
        case query
        /// `key`: of the token domain, in `sluice.mask_key`.
        case token(key: Int64)
    }

    /// The column that it masks.
    var columnID: Int
    var kind: Kind

    /// No column of a user's can be called so (`ObjectName`).
    var name: String {
        switch kind {
        case .sha256: "sluice_sha256_\(columnID)"
        case .query: "sluice_query_\(columnID)"
        case .token(let key): "sluice_token_\(columnID)_\(key)"
        }
    }

    /// The type of the column that stores the values of one of `type`.
    func spelling(of type: ColumnType) -> String { type.category == .binary || kind == .query ? "bytea" : "text" }

    /// What the trigger computes of the SQL expression `value`; NULL of NULL.
    func sql(_ value: String, of type: ColumnType) -> String {
        let bytes = type.category == .binary ? value : "convert_to(\(value)::text, 'UTF8')"
        switch kind {
        case .sha256:
            let digest = "sha256(sluice.mask_salt() || \(bytes))"
            return type.category == .binary ? digest : "encode(\(digest), 'hex')"
        // The salt in another form, so that it differs from `sha256`.
        case .query: return "sha256(sluice.mask_pad(0, 54) || \(bytes))"
        case .token(let key):
            // HMAC-SHA-256 (RFC 2104).
            let inner = "sha256(sluice.mask_pad(\(key), 54) || \(bytes))"
            let outer = "sha256(sluice.mask_pad(\(key), 92) || \(inner))"
            return "left(encode(\(outer), 'hex'), \(MaskSpec.tokenLength))"
        }
    }
}

extension MaskSpec {
    /// Characters of a token: 128 of the 256 bits in hexadecimal digits. Two of a billion values collide with a
    /// probability of 10⁻²¹.
    static let tokenLength = 32
    /// Characters of a SHA-256 in hexadecimal digits.
    static let digestLength = 64

    /// The stored column that the mask reads on a column; `nil` of a mask that computes.
    func stored(on columnID: Int, tokenKeys: [String: Int64]) -> StoredMask? {
        switch self {
        case .sha256: StoredMask(columnID: columnID, kind: .sha256)
        case .sha256Query: StoredMask(columnID: columnID, kind: .query)
        case .token(let domain): tokenKeys[domain].map { StoredMask(columnID: columnID, kind: .token(key: $0)) }
        case .nullify, .fixed, .alphanum, .round, .year, .month, .email, .showLast, .showFirst, .expression: nil
        }
    }
}
