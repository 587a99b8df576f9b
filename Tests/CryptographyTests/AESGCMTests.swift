import Cryptography
import Testing

@Suite struct AESGCMTests {
    let key: SecretKey

    init() throws {
        key = try SecretKey(bytes: Array(0..<32))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_000])
    func whatIsSealedOpensAgain(count: Int) throws {
        let message = try SecureRandom.bytes(count)
        let sealed = try AESGCM.seal(message, key: key, context: [7])
        #expect(sealed.count == count + AESGCM.overhead)
        #expect(try AESGCM.open(sealed, key: key, context: [7]) == message)
    }

    @Test func opensTheStandardsExample() throws {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
        let key = try SecretKey(
            bytes: Hex.decode("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")!)
        let message =
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        let sealed = [
            "cafebabefacedbaddecaf888",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b",
        ].joined()
        let context = Hex.decode("feedfacedeadbeeffeedfacedeadbeefabaddad2")!
        #expect(Hex.encode(try AESGCM.open(Hex.decode(sealed)!, key: key, context: context)) == message)
    }

    @Test func anyFlippedBitIsRefused() throws {
        let sealed = try AESGCM.seal(Array("a protected value".utf8), key: key)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1 << (index % 8)
            #expect(throws: CryptographyError(.authenticationFailed), "byte \(index)") {
                try AESGCM.open(altered, key: key)
            }
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let sealed = try AESGCM.seal([1, 2, 3], key: key)
        for count in 0..<sealed.count {
            #expect(throws: CryptographyError(.authenticationFailed), "\(count) bytes") {
                try AESGCM.open(Array(sealed[..<count]), key: key)
            }
        }
    }

    @Test func anotherKeyOrContextIsRefused() throws {
        let sealed = try AESGCM.seal([1, 2, 3], key: key, context: [1])
        #expect(throws: CryptographyError(.authenticationFailed)) { try AESGCM.open(sealed, key: key, context: [2]) }
        #expect(throws: CryptographyError(.authenticationFailed)) { try AESGCM.open(sealed, key: key) }
        #expect(throws: CryptographyError(.authenticationFailed)) {
            try AESGCM.open(sealed, key: .random(), context: [1])
        }
    }

    @Test func equalMessagesSealDifferently() throws {
        let sealed = try (0..<100).map { _ in try AESGCM.seal([1], key: key) }
        #expect(Set(sealed).count == 100)
    }
}
