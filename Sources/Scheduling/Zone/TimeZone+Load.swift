import Glibc

extension TimeZone {
    /// Where tzdata is installed.
    static let folder = "/usr/share/zoneinfo"
    /// The largest file read, in bytes; the largest of tzdata has 4 kB.
    static let maxFileSize = 1 << 16

    /// Reads a zone of the tz database, such as `Europe/Zurich`: a few kilobytes that the kernel has in memory.
    ///
    /// - Throws: `ZoneError` for a name that is none, and zones with leap seconds (`right/…`).
    public init(named name: String) throws(ZoneError) {
        if name == "UTC" {
            self = .utc
            return
        }
        guard Self.isName(name), let bytes = Self.read(Self.folder + "/" + name), let file = TZif(bytes) else {
            throw ZoneError("\(quoted(name)) is no time zone: write one of the tz database, such as \"Europe/Zurich\"")
        }
        self.init(name: name, transitions: file.transitions, firstOffset: file.firstOffset, rule: file.rule)
    }

    /// Up to four parts of letters, digits, `_`, `+` and `-`, beginning with a letter: no dots, so no way up.
    private static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 64 && (1...4).contains(parts.count)
            && parts.allSatisfy { part in
                part.utf8.first.map { (65...90).contains($0 & 0xDF) } ?? false
                    && part.utf8.allSatisfy {
                        (65...90).contains($0 & 0xDF) || (48...57).contains($0) || "_+-".utf8.contains($0)
                    }
            }
    }

    /// A regular file's bytes; `nil` when it cannot be read or is too large.
    static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= maxFileSize else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return nil }
            count += got
        }
        return bytes
    }
}
