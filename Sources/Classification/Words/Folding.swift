/// Makes words comparable: lower case, Latin letters without their marks.
struct Folding: Sendable {
    private var letters: [Unicode.Scalar: String] = [:]

    /// - Parameter pairs: `ä=a ß=ss …`
    init(pairs: Substring) {
        for pair in pairs.split(separator: " ") {
            let parts = pair.split(separator: "=")
            guard parts.count == 2, let letter = parts[0].unicodeScalars.first else { continue }
            letters[letter] = String(parts[1])
        }
    }

    func fold(_ text: Substring) -> String {
        var folded = ""
        folded.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                let byte = UInt8(truncatingIfNeeded: scalar.value)
                folded.unicodeScalars.append(Unicode.Scalar(byte.isUpper ? byte + 0x20 : byte))
                continue
            }
            // Marks that stand after their letter.
            if scalar.value >= 0x300, scalar.value < 0x370 { continue }
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                if let plain = letters[lower] { folded += plain } else { folded.unicodeScalars.append(lower) }
            }
        }
        return folded
    }
}
