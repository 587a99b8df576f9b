import Cryptography
import Testing

@Suite struct DigestTests {
    @Test(arguments: [
        // FIPS 180-4 examples.
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256GivesTheStandardsExamples(message: String, digest: String) {
        #expect(Hex.encode(SHA256.hash(message)) == digest)
    }

    @Test func sha256OfPiecesIsThatOfTheWhole() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for size in [1, 7, 63, 64, 65, 999, 1000] {
            var pieces = SHA256.Pieces()
            #expect(pieces.digest() == SHA256.hash([]))
            for start in stride(from: 0, to: message.count, by: size) {
                pieces.append(message[start..<min(start + size, message.count)])
                #expect(pieces.digest() == SHA256.hash(Array(message[..<min(start + size, message.count)])))
            }
        }
    }

    @Test(arguments: [
        // RFC 4231 §4.2, §4.3, §4.7.
        (
            Array(repeating: UInt8(0x0b), count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            Array(repeating: UInt8(0xaa), count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ])
    func hmacGivesTheStandardsExamples(key: [UInt8], message: String, code: String) {
        #expect(Hex.encode(HMACSHA256.authenticationCode(for: Array(message.utf8), keyBytes: key)) == code)
    }

    @Test func constantTimeComparisonSeesLengthAndContent() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
    }

    @Test func keysDeriveByPurposeAndAreNeverPrinted() throws {
        let key = try SecretKey.random()
        let cursors = try key.derived(for: "cursor").withBytes { $0 }
        #expect(try key.derived(for: "cursor").withBytes { $0 } == cursors)
        #expect(try key.derived(for: "tokens").withBytes { $0 } != cursors)
        let hex = key.withBytes { Hex.encode($0) }
        var dumped = ""
        dump(key, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), dumped] {
            #expect(!shown.contains(hex) && !shown.contains("- \(key.withBytes { $0[0] })"))
        }
        #expect(throws: CryptographyError(.invalidKey)) { try SecretKey(bytes: [1, 2, 3]) }
    }
}
