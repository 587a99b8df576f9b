/// How long something is to last, as it is written on a command line: `3600`, `90m`, `12h`, `30d`.
enum Lifetime {
    private static let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    /// Longer than anything may last.
    private static let maxSeconds = 1 << 40

    /// In seconds.
    static func seconds(_ text: String, of option: CommandOption) throws(UsageError) -> Int {
        let unit = text.last.flatMap { units[$0] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard !digits.isEmpty, digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber), let number = Int(digits),
            number > 0, number <= maxSeconds / (unit ?? 1)
        else {
            throw UsageError(
                message: "\(option.flag) is \(text), it must be a whole number of seconds, or one with m, h, d or w",
                hint: "Write \(option.flag) 30d for thirty days.")
        }
        return number * (unit ?? 1)
    }
}
