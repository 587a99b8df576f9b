internal import Calendar
internal import JSON

/// How entries look as lines.
public enum LogFormat: Sendable {
    /// `{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"ready","http":"127.0.0.1:8080"}`
    case json
    /// `03:04:05.678 INFO  ready http=127.0.0.1:8080`
    case human

    /// Appends an entry as one line. Control characters are escaped in both formats: no value can start a line or move
    /// the cursor of a terminal.
    public func append(_ entry: LogEntry, to output: inout [UInt8]) {
        switch self {
        case .json: appendJSON(entry, to: &output)
        case .human: appendHuman(entry, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    private func appendJSON(_ entry: LogEntry, to output: inout [UInt8]) {
        let (day, time) = entry.seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = CivilDate(dayNumber: Int(day))
        output += "{\"time\":\"\(date.year)-\(pad(Int64(date.month)))-\(pad(Int64(date.day)))T".utf8
        output += "\(clock(time, entry.nanoseconds))Z\",\"level\":\"\(entry.level.rawValue)\",\"message\":".utf8
        JSONText.append(quoted: entry.message, to: &output)
        for (key, value) in entry.metadata {
            output.append(UInt8(ascii: ","))
            JSONText.append(quoted: key, to: &output)
            output.append(UInt8(ascii: ":"))
            JSONText.append(quoted: value, to: &output)
        }
        output.append(UInt8(ascii: "}"))
    }

    private func appendHuman(_ entry: LogEntry, to output: inout [UInt8]) {
        let level = entry.level.rawValue.uppercased()
        let time = clock(entry.seconds % 86_400, entry.nanoseconds)
        output += "\(time) \(level)\(String(repeating: " ", count: 8 - level.utf8.count))".utf8
        appendPlain(entry.message, to: &output)
        for (key, value) in entry.metadata {
            output.append(0x20)
            appendPlain(key, to: &output)
            output.append(UInt8(ascii: "="))
            if value.isEmpty || value.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x7F }) {
                JSONText.append(quoted: value, to: &output)
            } else {
                appendPlain(value, to: &output)
            }
        }
    }

    private func appendPlain(_ text: String, to output: inout [UInt8]) {
        for byte in text.utf8 { output.append(byte < 0x20 || byte == 0x7F ? UInt8(ascii: "?") : byte) }
    }

    /// `03:04:05.678`
    private func clock(_ second: Int64, _ nanoseconds: Int64) -> String {
        let milliseconds = String(nanoseconds / 1_000_000)
        let zeros = String(repeating: "0", count: 3 - milliseconds.utf8.count)
        return "\(pad(second / 3600)):\(pad(second / 60 % 60)):\(pad(second % 60)).\(zeros)\(milliseconds)"
    }
}
