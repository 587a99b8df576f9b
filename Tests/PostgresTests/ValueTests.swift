import Postgres
import TestSupport
import Testing

@Suite struct ValueTests {
    private func decode<T: PostgresDecodable>(_ text: String, as type: T.Type = T.self) -> T? {
        var text = text
        return text.withUTF8 { T(postgresText: UnsafeRawBufferPointer($0)) }
    }

    @Test func integersRefuseWhatIsOutOfRangeOrNoNumber() {
        #expect(decode("9223372036854775807") == Int64.max)
        #expect(decode("-9223372036854775808") == Int64.min)
        #expect(decode("9223372036854775808", as: Int64.self) == nil)
        #expect(decode("2147483648", as: Int32.self) == nil)
        for text in ["", "-", "+1", "1.0", " 1", "1e3", "0x1"] { #expect(decode(text, as: Int.self) == nil) }
    }

    @Test func doublesReadInfinitiesAndNaN() {
        #expect(decode("Infinity") == Double.infinity)
        #expect(decode("-Infinity") == -Double.infinity)
        #expect(decode("NaN", as: Double.self)?.isNaN == true)
        #expect(decode("1e-300") == 1e-300)
    }

    @Test func arraysComeBackAsTheyWent() {
        let nasty = ["", "NULL", "null", "a,b", "{}", "\"", "\\", "  x ", "é\n"]
        #expect(decode(nasty.postgresText ?? "") == nasty)
        #expect(decode("{1,NULL,3}") == [1, nil, 3] as [Int?])
        #expect(decode("{}") == [] as [String])
    }

    @Test(arguments: ["", "{", "}", "{1,2", "1,2}", "{{1},{2}}", "{\"a}", "{a,}", "[0:1]={1,2}", "{1}}", "{\"a\"b}"])
    func malformedArraysAreRefused(_ text: String) {
        #expect(decode(text, as: [String].self) == nil)
    }

    @Test func randomArraysComeBackAsTheyWent() {
        for seed in 0..<200 {
            var random = SeededGenerator(seed: UInt64(seed))
            let alphabet = Array("ab,\"\\{} NUL\n'é")
            let array: [String] = (0..<Int(random.next() % 8)).map { _ in
                String((0..<Int(random.next() % 6)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] })
            }
            #expect(decode(array.postgresText ?? "") == array, "seed \(seed)")
        }
    }

    @Test func byteStringsComeBackAsTheyWent() {
        let bytes = ByteString(Array(0...255))
        #expect(decode(bytes.postgresText ?? "") == bytes)
        #expect(decode("\\x0", as: ByteString.self) == nil)
        #expect(decode("\\xzz", as: ByteString.self) == nil)
    }
}
