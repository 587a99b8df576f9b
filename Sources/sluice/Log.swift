internal import Glibc
internal import JSON

/// What the program says about itself on stderr: lines of JSON, or of text when a terminal reads along.
struct Log: Sendable {
    enum Level: String, Sendable, CaseIterable {
        case debug, info, warning, error

        fileprivate var rank: Int { Level.allCases.firstIndex(of: self) ?? 0 }
    }

    var level: Level
    var isTerminal = isatty(STDERR_FILENO) == 1

    /// One line: a constant message, and what it is about in `metadata`, never a secret or a row's value.
    func callAsFunction(_ level: Level, _ message: StaticString, _ metadata: KeyValuePairs<String, String> = [:]) {
        guard level.rank >= self.level.rank else { return }
        Commands.write(line(level, message, metadata), to: STDERR_FILENO)
    }

    func line(_ level: Level, _ message: StaticString, _ metadata: KeyValuePairs<String, String>) -> String {
        let time = Log.timestamp()
        if isTerminal {
            let details = metadata.map { " \($0.key)=\($0.value)" }.joined()
            return "\(time) \(level.rawValue): \(message)\(details)\n"
        }
        var object: [UInt8] = Array("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":".utf8)
        JSONText.append(quoted: "\(message)", to: &object)
        for (name, value) in metadata {
            object.append(UInt8(ascii: ","))
            JSONText.append(quoted: name, to: &object)
            object.append(UInt8(ascii: ":"))
            JSONText.append(quoted: value, to: &object)
        }
        return String(decoding: object, as: UTF8.self) + "}\n"
    }

    /// RFC 3339, UTC, milliseconds.
    private static func timestamp() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        func digits(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date =
            "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(date)T\(time).\(digits(now.tv_nsec / 1_000_000, 3))Z"
    }
}
