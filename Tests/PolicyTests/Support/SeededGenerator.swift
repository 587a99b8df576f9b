import Glibc
import TestSupport

extension SeededGenerator {
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
