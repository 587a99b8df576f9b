import Cryptography
import Testing

@Suite struct TextEncodingTests {
    @Test(arguments: [
        // RFC 4648 §10, without padding.
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64URLGivesTheStandardsExamples(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func base64URLUsesTheSafeAlphabet() {
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf]) == "-_-_")
    }

    @Test(arguments: ["A", "Zg==", "Zh", "Zm9", "+/+/", "Z g", "Zm9v\n", "é", "AAAAA"])
    func base64URLRefusesOtherSpellings(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func everyLengthSurvivesBothEncodings() throws {
        for count in 0...200 {
            let bytes = try SecureRandom.bytes(count)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes, "\(bytes)")
            #expect(Hex.decode(Hex.encode(bytes)) == bytes, "\(bytes)")
        }
    }

    @Test func hexReadsBothCasesAndRefusesTheRest() {
        #expect(Hex.encode([0, 0x0f, 0xa0, 0xff]) == "000fa0ff")
        #expect(Hex.decode("FFa0") == [255, 160])
        for text in ["0", "0g", "0x", "é", " 0"] { #expect(Hex.decode(text) == nil, "\(text)") }
    }

    @Test func tokensCarryTheirPrefixAndDoNotRepeat() throws {
        let tokens = try (0..<1000).map { _ in try SecureRandom.token(prefix: "slc_") }
        #expect(Set(tokens).count == 1000)
        #expect(tokens.allSatisfy { $0.hasPrefix("slc_") && $0.utf8.count == 4 + 43 })
    }
}
