import Cryptography

/// The seal over one batch of a chain: a row of `sluice.audit_seal`. A value without I/O.
struct AuditSeal: Sendable, Equatable {
    /// The digest before the first seal's.
    static let noDigest = String(repeating: "0", count: 64)
    /// Of what `batch.digest` of new seals is made (`AuditChain.sealedColumns`).
    static let format: Int64 = 1

    var chain: AuditChain
    /// Counted from 1.
    var number: Int64
    var format = AuditSeal.format
    var batch: SealedBatch
    /// Microseconds since the Unix epoch.
    var sealedAt: Int64
    /// Of the seal before.
    var previous: String
    var digest = ""
    /// When retention deleted the entries, in microseconds since the Unix epoch.
    var erasedAt: Int64?
    var erasedDigest: String?

    var range: (afterID: Int64, lastID: Int64) { (batch.afterID, batch.lastID) }
    var head: AuditHead { AuditHead(chain: chain, number: number, digest: digest) }

    /// The HMAC-SHA-256 over everything that the seal says, one field a line: no field can contain a line break.
    func digest(under key: SecretKey) -> String {
        let fields: [String] = [
            "sluice audit seal", chain.rawValue, "\(number)", "\(format)", "\(batch.afterID)", "\(batch.lastID)",
            "\(batch.entries)", batch.from.map { "\($0)" } ?? "-", batch.to.map { "\($0)" } ?? "-", batch.digest,
            "\(sealedAt)", previous,
        ]
        return Self.code(fields, key)
    }

    /// The HMAC-SHA-256 that proves an erasure at that moment to be Sluice's own.
    func erasureDigest(at moment: Int64, under key: SecretKey) -> String {
        Self.code(["sluice audit erasure", digest, "\(moment)"], key)
    }

    private static func code(_ fields: [String], _ key: SecretKey) -> String {
        let message = Array((fields.joined(separator: "\n") + "\n").utf8)
        return Hex.encode(HMACSHA256.authenticationCode(for: message, key: key))
    }
}

extension [AuditSeal] {
    /// The first, at least one, that together have about `entries` entries.
    func prefix(entries: Int64) -> [AuditSeal] {
        var room = entries
        return Array(
            prefix { seal in
                defer { room -= seal.batch.entries }
                return room > 0
            })
    }
}
