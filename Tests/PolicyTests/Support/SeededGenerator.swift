import Glibc

/// SplitMix64: the same seed gives the same world on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// One of `choices`, which must not be empty.
    mutating func pick<C: Collection>(_ choices: C) -> C.Element {
        choices[choices.index(choices.startIndex, offsetBy: Int.random(in: 0..<choices.count, using: &self))]
    }

    /// True in `percent` of 100 cases.
    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// Each element with a chance of `percent`.
    mutating func some<C: Collection>(of choices: C, percent: Int) -> [C.Element] {
        choices.filter { _ in chance(percent) }
    }
}

/// How much the long proofs do.
enum Effort {
    /// `SLUICE_SOAK=1` asks for the long form.
    static let isSoak = getenv("SLUICE_SOAK").map { String(cString: $0) == "1" } ?? false

    /// The seed of a run: `SLUICE_SEED`, or one of the clock; every failure names it.
    static let seed: UInt64 = {
        if let text = getenv("SLUICE_SEED"), let seed = UInt64(String(cString: text)) { return seed }
        return UInt64(time(nil))
    }()
}
