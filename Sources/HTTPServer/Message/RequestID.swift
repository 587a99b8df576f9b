import Synchronization

/// Request ids: the client's own when it is fit to be logged and echoed, one of ours otherwise.
enum RequestID {
    /// A random start, so that ids of two servers or of two runs do not meet.
    private static let counter = Atomic<UInt64>(UInt64.random(in: .min ... .max))

    /// Whether a client's id is taken over: `[A-Za-z0-9._-]{1,128}`.
    static func isValid(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            default: false
            }
        }
    }

    /// A new id: 13 characters, short enough to need no heap; it repeats after 2^64 requests.
    static func generate() -> String {
        // SplitMix64's finaliser: a bijection, so a counter never gives one value twice.
        var bits = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return String(unsafeUninitializedCapacity: 13) { buffer in
            for index in 0..<13 {
                let digit = UInt8(truncatingIfNeeded: bits & 31)
                buffer[index] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
                bits >>= 5
            }
            return 13
        }
    }
}
