/// A time zone file (RFC 8536): a header, a block of 32-bit times, and from version 2 on the same with 64 bits and a
/// footer with the rule for what comes after.
///
///     header   "TZif" version reserved[15] isutcnt isstdcnt leapcnt timecnt typecnt charcnt (each 4 bytes, big-endian)
///     block    times[timecnt]  types[timecnt]  (offset:4 isdst:1 name:1)[typecnt]  names[charcnt]
///              leaps[leapcnt]  isstd[isstdcnt]  isut[isutcnt]
///     footer   "\n" rule "\n"
struct TZif {
    var transitions: [TimeZone.Transition] = []
    var firstOffset = 0
    var rule: ZoneRule?

    /// Reads a file; `nil` when it is none, is cut off, or counts leap seconds.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard var header = Header(&reader), header.leaps == 0 else { return nil }
        guard header.version >= UInt8(ascii: "2") else { return nil }
        guard reader.skip(header.blockSize(timeSize: 4)) else { return nil }
        guard let second = Header(&reader), second.leaps == 0, second.types > 0 else { return nil }
        header = second
        guard reader.canRead(header.blockSize(timeSize: 8)) else { return nil }
        let times = (0..<header.times).map { _ in reader.integer(8) }
        let types = (0..<header.times).map { _ in Int(reader.integer(1)) & 0xFF }
        let offsets = (0..<header.types).map { _ in
            let offset = Int(reader.integer(4))
            _ = reader.skip(2)
            return offset
        }
        guard types.allSatisfy({ $0 < offsets.count }), zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }),
            offsets.allSatisfy({ abs($0) <= 26 * 3600 })
        else { return nil }
        firstOffset = offsets[0]
        transitions = zip(times, types).map { TimeZone.Transition(at: $0, offset: offsets[$1]) }
        guard reader.skip(header.names + header.standards + header.universals), let footer = reader.line() else {
            return nil
        }
        if !footer.isEmpty {
            guard let rule = ZoneRule(parsing: footer) else { return nil }
            self.rule = rule
        }
    }

    private struct Header {
        var version: UInt8
        var universals, standards, leaps, times, types, names: Int

        init?(_ reader: inout Reader) {
            guard reader.canRead(44), reader.integer(4) == 0x545A_6966 else { return nil }
            version = UInt8(truncatingIfNeeded: reader.integer(1))
            _ = reader.skip(15)
            let counts = (0..<6).map { _ in Int(reader.integer(4)) }
            guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
            (universals, standards, leaps, times, types, names) = (
                counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]
            )
        }

        func blockSize(timeSize: Int) -> Int {
            times * (timeSize + 1) + types * 6 + names + leaps * (timeSize + 4) + standards + universals
        }
    }

    private struct Reader {
        var bytes: [UInt8]
        var index = 0

        func canRead(_ count: Int) -> Bool { bytes.count - index >= count }

        mutating func skip(_ count: Int) -> Bool {
            guard canRead(count) else { return false }
            index += count
            return true
        }

        /// A big-endian number in two's complement; whoever asks has checked that it is there.
        mutating func integer(_ size: Int) -> Int64 {
            var value: Int64 = size < 8 && bytes[index] & 0x80 != 0 && size > 1 ? -1 : 0
            for byte in bytes[index..<index + size] { value = value << 8 | Int64(byte) }
            index += size
            return value
        }

        /// What stands between the next two line breaks.
        mutating func line() -> String? {
            guard index < bytes.count, bytes[index] == 10 else { return nil }
            let rest = bytes[(index + 1)...]
            guard let end = rest.firstIndex(of: 10) else { return nil }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
    }
}
