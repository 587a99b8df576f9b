/// A set of 128-bit fingerprints in one block of memory: open addressing, at most three quarters full.
struct FingerprintSet {
    struct Fingerprint: Hashable {
        var low: UInt64
        var high: UInt64
    }

    let maxBytes: Int
    private(set) var count = 0
    /// (0, 0) is an empty place. A power of two of them.
    private var places: [Fingerprint]

    private static let empty = Fingerprint(low: 0, high: 0)

    /// - Parameter maxBytes: What `places` may take; growing needs half of it again for a moment.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
        places = Array(repeating: Self.empty, count: 1024)
    }

    func contains(_ fingerprint: Fingerprint) -> Bool { places[place(of: fingerprint)] != Self.empty }

    /// `false` when there is no room.
    mutating func insert(_ fingerprint: Fingerprint) -> Bool {
        let place = place(of: fingerprint)
        guard places[place] == Self.empty else { return true }
        if (count + 1) * 4 > places.count * 3 {
            guard grow() else { return false }
            return insert(fingerprint)
        }
        places[place] = fingerprint
        count += 1
        return true
    }

    /// Where it is, or would be.
    private func place(of fingerprint: Fingerprint) -> Int {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: fingerprint.low) & mask
        while places[place] != fingerprint, places[place] != Self.empty { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() -> Bool {
        guard places.count * 2 * MemoryLayout<Fingerprint>.stride <= maxBytes else { return false }
        let old = places
        places = Array(repeating: Self.empty, count: old.count * 2)
        for fingerprint in old where fingerprint != Self.empty { places[place(of: fingerprint)] = fingerprint }
        return true
    }
}

/// SipHash-2-4 with 128 bits of result (Aumasson and Bernstein; the reference implementation's `outlen` 16), under a
/// random key.
struct SipHash128 {
    private let key: (UInt64, UInt64)

    init() {
        var generator = SystemRandomNumberGenerator()
        key = (generator.next(), generator.next())
    }

    init(key: (UInt64, UInt64)) { self.key = key }

    func fingerprint(of bytes: Span<UInt8>) -> FingerprintSet.Fingerprint {
        var state = State(key)
        var index = 0
        while index + 8 <= bytes.count {
            state.absorb(Self.word(bytes, index, 8))
            index += 8
        }
        state.absorb(Self.word(bytes, index, bytes.count - index) | UInt64(truncatingIfNeeded: bytes.count) << 56)
        state.v2 ^= 0xEE
        for _ in 0..<4 { state.round() }
        let low = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
        state.v1 ^= 0xDD
        for _ in 0..<4 { state.round() }
        let high = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
        // (0, 0) marks an empty place.
        return FingerprintSet.Fingerprint(low: low, high: low == 0 && high == 0 ? 1 : high)
    }

    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return word
    }

    private struct State {
        var v0, v1, v2, v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = 0x736f_6d65_7073_6575 ^ key.0
            v1 = 0x646f_7261_6e64_6f6d ^ key.1 ^ 0xEE
            v2 = 0x6c79_6765_6e65_7261 ^ key.0
            v3 = 0x7465_6462_7974_6573 ^ key.1
        }

        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func round() {
            v0 &+= v1
            v1 = v1 << 13 | v1 >> 51
            v1 ^= v0
            v0 = v0 << 32 | v0 >> 32
            v2 &+= v3
            v3 = v3 << 16 | v3 >> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 << 21 | v3 >> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 << 17 | v1 >> 47
            v1 ^= v2
            v2 = v2 << 32 | v2 >> 32
        }
    }
}
