import Testing

@testable import Ingestion

@Suite struct SipHashTests {
    /// vectors.h of the reference implementation, `vectors_sip128`: key 00…0f, inputs of 0, 1, … bytes 00, 01, ….
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (2, "8177228da4a45dc7fca38bdef60affe4"),
    ])
    func referenceVectors(_ length: Int, _ expected: String) {
        let hash = SipHash128(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        let input = (0..<length).map { UInt8($0) }
        let print = hash.fingerprint(of: input.span)
        let bytes = [print.low, print.high].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == expected)
    }

    @Test func aSetRemembersUpToItsBound() {
        var set = FingerprintSet(maxBytes: 1 << 15)
        var inserted: UInt64 = 0
        while set.insert(.init(low: inserted &* 0x9E37_79B9_7F4A_7C15, high: inserted &+ 1)) { inserted += 1 }
        #expect(inserted == 1536 && set.count == 1536)
        #expect((0..<inserted).allSatisfy { set.contains(.init(low: $0 &* 0x9E37_79B9_7F4A_7C15, high: $0 &+ 1)) })
        #expect(!set.contains(.init(low: 7, high: 7)))
    }
}
