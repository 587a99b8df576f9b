import Cryptography

/// Compares one seal with the one before it, with its key and with the entries that are there. A value without I/O.
struct SealCheck {
    var seal: AuditSeal
    /// `nil` for the first of the chain.
    var previous: AuditSeal?
    /// The entries as they are.
    var batch: SealedBatch
    var key: SecretKey

    /// The first is the cause where there are several.
    var faults: [AuditVerification.Fault] {
        guard seal.digest == seal.digest(under: key) else {
            return [fault(.sealChanged, "seal \(seal.number) was altered, or made under another server's key")]
        }
        return [link, entries].compactMap(\.self)
    }

    private var link: AuditVerification.Fault? {
        let expected = (previous?.number ?? 0) + 1
        if seal.number > expected {
            let last = seal.number - 1
            let gone = last == expected ? "seal \(last) is gone" : "seals \(expected) to \(last) are gone"
            return fault(.sealsMissing, gone)
        }
        guard seal.previous == previous?.digest ?? AuditSeal.noDigest,
            seal.batch.afterID == previous?.batch.lastID ?? .min
        else { return fault(.linkBroken, "seal \(seal.number) does not follow from the one before it") }
        return nil
    }

    private var entries: AuditVerification.Fault? {
        let (sealed, found) = (seal.batch.entries, batch.entries)
        if let erasedAt = seal.erasedAt {
            guard seal.erasedDigest == seal.erasureDigest(at: erasedAt, under: key) else {
                return fault(.erasureForged, "\(sealed) entries are said to be erased by retention, which did not")
            }
            return found == 0 ? nil : fault(.entriesAdded, "\(found) entries are where retention left none")
        }
        if found < sealed {
            return fault(.entriesMissing, "\(sealed) entries were sealed, \(found) are there")
        }
        if found > sealed {
            return fault(.entriesAdded, "\(sealed) entries were sealed, \(found) are there")
        }
        if batch.digest != seal.batch.digest {
            return fault(.entriesChanged, "of \(sealed) entries at least one is not as it was sealed")
        }
        return nil
    }

    private func fault(_ problem: AuditVerification.Fault.Problem, _ detail: String) -> AuditVerification.Fault {
        AuditVerification.Fault(
            chain: seal.chain, problem: problem, seal: seal.number,
            ids: seal.batch.afterID..<max(seal.batch.lastID, seal.batch.afterID), detail: detail)
    }
}
