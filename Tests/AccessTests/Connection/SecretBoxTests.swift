import Access
import Catalog
import Cryptography
import Testing

@Suite struct SecretBoxTests {
    private let box: SecretBox
    private let secret = ConnectionSecret(["password": "correct horse battery staple"])

    init() throws {
        box = try SecretBox(serverKey: SecretKey(bytes: Array(0..<32)))
    }

    @Test func opensWhatItSealed() throws {
        let sealed = try box.seal(secret, of: 7)
        #expect(try box.open(sealed, of: 7) == secret)
        #expect(!Array(sealed).contains(subsequence: "correct horse".utf8))
    }

    @Test func sealsTheSameSecretOtherwiseEachTime() throws {
        #expect(try box.seal(secret, of: 7) != box.seal(secret, of: 7))
    }

    @Test func opensForNoOtherConnection() throws {
        let sealed = try box.seal(secret, of: 7)
        #expect(throws: CryptographyError.self) { try box.open(sealed, of: 8) }
    }

    @Test func opensUnderNoOtherKey() throws {
        let sealed = try box.seal(secret, of: 7)
        let other = try SecretBox(serverKey: SecretKey(bytes: Array(1..<33)))
        #expect(throws: CryptographyError.self) { try other.open(sealed, of: 7) }
    }

    @Test func anyAlteredByteKeepsItShut() throws {
        let sealed = try box.seal(secret, of: 7)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 1
            #expect(throws: CryptographyError.self, "byte \(index)") { try box.open(altered, of: 7) }
        }
        for count in sealed.indices {
            #expect(throws: CryptographyError.self, "\(count) bytes") { try box.open(Array(sealed[..<count]), of: 7) }
        }
    }
}

extension [UInt8] {
    fileprivate func contains(subsequence other: String.UTF8View) -> Bool {
        let other = Array(other)
        return indices.contains { self[$0...].starts(with: other) }
    }
}
