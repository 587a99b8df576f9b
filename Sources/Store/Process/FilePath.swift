internal import Cryptography
internal import Glibc

/// Paths as text.
enum FilePath {
    /// An absolute path without `.`, `..` and doubled slashes; links are not resolved.
    static func absolute(_ path: String) throws(SystemError) -> String {
        var parts: [Substring] = []
        if !path.hasPrefix("/") {
            guard let buffer = getcwd(nil, 0) else { throw SystemError("getcwd", ".") }
            defer { free(buffer) }
            parts = String(cString: buffer).split(separator: "/")
        }
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    static func parent(of path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }

    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// The path without links, of something that exists.
    static func real(_ path: String) throws(SystemError) -> String {
        guard let buffer = realpath(path, nil) else { throw SystemError("realpath", path) }
        defer { free(buffer) }
        return String(cString: buffer)
    }

    /// What /proc adds to the path of a program whose file is gone.
    static let deletedMark = " (deleted)"

    /// Where a link points, not followed further.
    static func target(of link: String) throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        if count < 0 { throw SystemError("readlink", link) }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Makes a directory and those above it that are missing, open to all.
    static func makeDirectories(_ path: String) throws(SystemError) {
        for directory in Reachability.chain(to: path).dropFirst() {
            if mkdir(directory, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", directory) }
        }
    }

    /// Twelve hexadecimal digits that stand for the path where there is no room for it.
    static func shortHash(_ path: String) -> String { String(Hex.encode(SHA256.hash(path)).prefix(12)) }
}
