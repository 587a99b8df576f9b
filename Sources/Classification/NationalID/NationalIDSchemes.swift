/// The numbers of persons that are known, by continent.
enum NationalIDSchemes {
    static let all = northWest + southEast + world + lettered

    /// Whether a value in running text is one beyond doubt: written with its separators, or with letters.
    static func isSure(_ text: [UInt8]) -> Bool {
        guard let value = IDText(text) else { return false }
        return all.contains { scheme in
            guard scheme.matches(value) else { return false }
            return value.digits == nil
                ? scheme.chance <= 0.05 : scheme.form != nil || value.isFormatted && scheme.chance <= 0.01
        }
    }
}
