internal import Glibc

/// What proc(5) tells of other processes.
enum ProcessFacts {
    /// The words of its command line; `nil` when it is gone or not for us to see.
    static func words(_ id: Int32) -> [String]? {
        guard let bytes = try? TextFile.read("/proc/\(id)/cmdline", limit: 1 << 20), !bytes.isEmpty else { return nil }
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The program's name: `nginx`.
    static func name(_ id: Int32) -> String? {
        words(id)?.first?.split(separator: "/").last.map(String.init)
    }

    /// Whether it is a `sluice` that may hold a data dir.
    static func isServe(_ id: Int32) -> Bool {
        guard let words = words(id), words.count > 1 else { return false }
        return words[0].hasSuffix("sluice") && ["serve", "migrate"].contains(words[1])
    }

    /// The process that listens on a TCP port; `nil` when there is none or it is not for us to see.
    static func listener(on port: UInt16) -> Int32? {
        let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeningInodes($0, port) }
        guard !inodes.isEmpty, let folder = opendir("/proc") else { return nil }
        defer { closedir(folder) }
        while let name = nextName(folder) {
            guard let id = Int32(name), holds(id, inodes) else { continue }
            return id
        }
        return nil
    }

    /// From lines such as `0: 0100007F:1F90 00000000:0000 0A … inode`; `0A` is LISTEN.
    private static func listeningInodes(_ table: String, _ port: UInt16) -> [String] {
        guard let bytes = try? TextFile.read(table, limit: 16 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let text = fields[1].split(separator: ":").last,
                UInt16(text, radix: 16) == port
            else { return nil }
            return "socket:[\(fields[9])]"
        }
    }

    private static func holds(_ id: Int32, _ sockets: [String]) -> Bool {
        guard let folder = opendir("/proc/\(id)/fd") else { return false }
        defer { closedir(folder) }
        var target = [CChar](repeating: 0, count: 64)
        while let name = nextName(folder) {
            let count = readlink("/proc/\(id)/fd/\(name)", &target, target.count)
            guard count > 0 else { continue }
            if sockets.contains(String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)) {
                return true
            }
        }
        return false
    }

    private static func nextName(_ folder: OpaquePointer) -> String? {
        guard let entry = readdir(folder) else { return nil }
        return withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                String(cString: $0)
            }
        }
    }
}
