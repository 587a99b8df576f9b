import Cryptography
import EventLoop
import TestSupport
import Testing

@testable import Access

@Suite struct SealCheckTests {
    private static let key = try! SecretKey(bytes: Array(repeating: 7, count: 32))

    /// Seal `number` of a chain of batches of ten entries.
    private static func seal(_ number: Int64, after previous: AuditSeal?) -> AuditSeal {
        let batch = SealedBatch(
            afterID: previous?.batch.lastID ?? .min, lastID: number * 10, entries: 10, from: 1000, to: 2000,
            digest: "d\(number)")
        var seal = AuditSeal(
            chain: .reads, number: number, batch: batch, sealedAt: 3000,
            previous: previous?.digest ?? AuditSeal.noDigest)
        seal.digest = seal.digest(under: key)
        return seal
    }

    private static let first = seal(1, after: nil)
    private static let second = seal(2, after: first)
    private static let third = seal(3, after: second)

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var seal = SealCheckTests.second
        var previous: AuditSeal? = SealCheckTests.first
        var batch = SealCheckTests.second.batch
        var problem: AuditVerification.Fault.Problem?

        init(
            _ name: String, _ problem: AuditVerification.Fault.Problem?, _ change: (inout Case) -> Void = { _ in }
        ) {
            testDescription = name
            self.problem = problem
            change(&self)
        }
    }

    private static func erased(_ seal: AuditSeal, by digest: String) -> AuditSeal {
        var seal = seal
        (seal.erasedAt, seal.erasedDigest) = (5000, digest)
        return seal
    }

    @Test(arguments: [
        Case("as sealed", nil),
        Case("the first", nil) { ($0.seal, $0.previous, $0.batch) = (first, nil, first.batch) },
        Case("another digest of the entries", .entriesChanged) { $0.batch.digest = "x" },
        Case("an entry less", .entriesMissing) { $0.batch.entries = 9 },
        Case("an entry more", .entriesAdded) { $0.batch.entries = 11 },
        Case("the seal says another count", .sealChanged) { $0.seal.batch.entries = 11 },
        Case("the seal says another time", .sealChanged) { $0.seal.batch.to = 2001 },
        Case("the seal is of the other chain", .sealChanged) { $0.seal.chain = .changes },
        Case("the seal before is gone", .sealsMissing) {
            ($0.seal, $0.previous, $0.batch) = (third, first, third.batch)
        },
        Case("the first is gone", .sealsMissing) { $0.previous = nil },
        Case("the seal before is another", .linkBroken) { $0.previous = seal(1, after: third) },
        Case("erased", nil) {
            $0.seal = erased(second, by: second.erasureDigest(at: 5000, under: key))
            ($0.batch.entries, $0.batch.digest) = (0, "")
        },
        Case("erased, at another time", .erasureForged) {
            $0.seal = erased(second, by: second.erasureDigest(at: 5001, under: key))
            $0.batch.entries = 0
        },
        Case("erased, by the digest of another seal", .erasureForged) {
            $0.seal = erased(second, by: first.erasureDigest(at: 5000, under: key))
            $0.batch.entries = 0
        },
        Case("erased, but there", .entriesAdded) {
            $0.seal = erased(second, by: second.erasureDigest(at: 5000, under: key))
        },
    ])
    func faults(_ row: Case) {
        let check = SealCheck(seal: row.seal, previous: row.previous, batch: row.batch, key: Self.key)
        #expect(check.faults.first?.problem == row.problem)
    }

    @Test(arguments: [
        "reads:1:" + String(repeating: "0a", count: 32), "changes:345:" + String(repeating: "f", count: 64),
    ])
    func headsAreReadAsTheyAreWritten(_ text: String) {
        #expect(AuditHead(text)?.text == text)
    }

    @Test(arguments: [
        "", "reads:1", "reads:0:" + String(repeating: "a", count: 64), "reads:01:" + String(repeating: "a", count: 64),
        "reads:1:" + String(repeating: "A", count: 64), "reads:1:" + String(repeating: "a", count: 63),
        "other:1:" + String(repeating: "a", count: 64), "reads:-1:" + String(repeating: "a", count: 64),
    ])
    func noHead(_ text: String) {
        #expect(AuditHead(text) == nil)
    }

    @Test func theWitnessKeepsTheHeadOfAChainThatWasCut() async throws {
        let saved = Locked<String?>(nil)
        let group = try TestLoops.group()
        let make = { @Sendable in
            AuditWitness(
                on: group.blocking, load: { saved.withLock { $0 } }, save: { line in saved.withLock { $0 = line } })
        }
        try await TestLoops.run(on: group.next()) {
            let witness = make()
            #expect(try await witness.head(of: .reads) == nil)
            try await witness.advance(to: Self.first.head)
            try await witness.advance(to: AuditHead(chain: .changes, number: 9, digest: Self.third.digest))
            witness.note(.reads, isWhole: false)
            try await witness.advance(to: Self.second.head)
            #expect(witness.cut == [.reads])
            let again = make()
            #expect(try await again.head(of: .reads) == Self.first.head)
            #expect(try await again.head(of: .changes)?.number == 9)
        }
    }
}
