internal import Access
internal import Cryptography
internal import Glibc

/// Files that only the server's OS user may read (mode 0600).
enum SecretFile {
    struct Failure: Error, CustomStringConvertible {
        var path: String
        var reason: String
        var description: String { "\(path): \(reason)" }
    }

    /// The key in the file at `path`, made at the first start: by the server or the worker beside it, whoever comes first.
    static func key(at path: String) throws -> SecretKey {
        if let key = try storedKey(at: path) { return key }
        try write(Hex.encode(try SecureRandom.bytes(32)) + "\n", to: path) { aside in
            // Unlike a rename, it leaves a file that another process has made meanwhile.
            link(aside, path) == 0 || errno == EEXIST
        }
        return try existingKey(at: path)
    }

    /// The key in the file at `path`, which a server has made.
    static func existingKey(at path: String) throws -> SecretKey {
        if let key = try storedKey(at: path) { return key }
        throw Failure(path: path, reason: "is missing; copy it from the server's data dir")
    }

    /// The first line of the file at `path`; `nil` when there is none.
    static func line(at path: String) throws -> String? { try read(path) }

    /// Replaces the file at `path`.
    static func replace(at path: String, with line: String) throws {
        try write(line + "\n", to: path) { aside in rename(aside, path) == 0 }
    }

    private static func storedKey(at path: String) throws -> SecretKey? {
        guard let text = try read(path) else { return nil }
        guard let bytes = Hex.decode(text) else {
            throw Failure(path: path, reason: "is not the key that Sluice wrote")
        }
        return try SecretKey(bytes: bytes)
    }

    /// A new first token of the administrator, written to `path`.
    static func newAdministratorToken(at path: String) throws -> String {
        let token = try SecureRandom.token(prefix: BearerToken.prefix)
        try replace(at: path, with: token)
        return token
    }

    private static func read(_ path: String) throws -> String? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw Failure(path: path, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw Failure(path: path, reason: "is empty or cannot be read") }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return String(text.prefix { $0 != "\n" })
    }

    /// Writes aside, syncs and puts it in its place, so that a crash leaves the old file or the new one.
    private static func write(_ text: String, to path: String, place: (_ aside: String) -> Bool) throws {
        let aside = "\(path).new-\(Hex.encode(try SecureRandom.bytes(8)))"
        defer { unlink(aside) }
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0, place(aside)
        else { throw Failure(path: path, reason: String(cString: strerror(errno))) }
    }
}
