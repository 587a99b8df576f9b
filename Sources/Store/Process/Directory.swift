internal import CLinux
internal import Glibc

/// A directory held open.
///
/// What is made through it stays inside it, whatever happens to its path meanwhile, and no link is followed: the keeper
/// works as root in directories whose owners it must not trust.
struct Directory: ~Copyable {
    /// What a name in a directory stands for.
    struct Entry: Equatable {
        enum Kind { case directory, file, link, other }
        var kind: Kind
        var owner: UInt32
        var byteCount: Int
    }

    let path: String
    private let descriptor: Int32

    /// Opens the directory at `path`; a link in its last component is an error.
    init(opening path: String) throws(SystemError) { try self.init(at: AT_FDCWD, path, path: path) }

    private init(at parent: Int32, _ name: String, path: String) throws(SystemError) {
        descriptor = clinux_openat(parent, name, O_RDONLY | Int32(O_DIRECTORY), 0)
        if descriptor < 0 { throw SystemError("open", path) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// Opens a directory in this one.
    func directory(_ name: String) throws(SystemError) -> Directory {
        try Directory(at: descriptor, name, path: "\(path)/\(name)")
    }

    /// Returns what `name` is, or `nil` when there is no such entry.
    func entry(_ name: String) throws(SystemError) -> Entry? {
        var status = stat()
        if fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
            if errno == ENOENT { return nil }
            throw SystemError("stat", "\(path)/\(name)")
        }
        let kind: Entry.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFREG: .file
            case S_IFLNK: .link
            default: .other
            }
        return Entry(kind: kind, owner: status.st_uid, byteCount: Int(status.st_size))
    }

    /// The names in the directory, unordered.
    func names() throws(SystemError) -> [String] {
        let copy = clinux_openat(descriptor, ".", O_RDONLY | Int32(O_DIRECTORY), 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            let error = SystemError("opendir", path)
            if copy >= 0 { close(copy) }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Sets owner and mode of the directory itself. Only root can give it away.
    func own(user: UInt32, group: UInt32, mode: UInt32) throws(SystemError) {
        if OSUser.isRoot, fchown(descriptor, user, group) != 0 { throw SystemError("chown", path) }
        if fchmod(descriptor, mode) != 0 { throw SystemError("chmod", path) }
    }

    /// Makes a directory, or takes the one that is there, with this owner and mode, and opens it.
    func makeDirectory(_ name: String, user: UInt32, group: UInt32, mode: UInt32) throws(SystemError) -> Directory {
        if mkdirat(descriptor, name, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", "\(path)/\(name)") }
        let made = try directory(name)
        try made.own(user: user, group: group, mode: mode)
        return made
    }

    /// Opens a file in this directory; the caller closes it.
    func openFile(_ name: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> Int32 {
        let file = clinux_openat(descriptor, name, flags, mode)
        if file < 0 { throw SystemError("open", "\(path)/\(name)") }
        return file
    }

    /// The content of a file up to `limit` bytes, from the end when `tail`; `nil` when there is no such file.
    func read(_ name: String, limit: Int = 65_536, tail: Bool = false) throws(SystemError) -> String? {
        let file = clinux_openat(descriptor, name, O_RDONLY | O_NONBLOCK, 0)
        if file < 0 {
            if errno == ENOENT { return nil }
            throw SystemError("open", "\(path)/\(name)")
        }
        defer { close(file) }
        if tail, lseek(file, 0, SEEK_END) > limit {
            lseek(file, off_t(-limit), SEEK_END)
        } else {
            lseek(file, 0, SEEK_SET)
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, limit - count) }
            if got < 0 { throw SystemError("read", "\(path)/\(name)") }
            if got == 0 { break }
            count += got
        }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Replaces a file as a whole: a reader, and a machine after a power failure, sees the old content or the new.
    func replaceFile(
        _ name: String, with text: String, user: UInt32, group: UInt32, mode: UInt32
    ) throws(SystemError) {
        let temporary = ".\(name).new"
        unlinkat(descriptor, temporary, 0)
        let file = try openFile(temporary, flags: O_WRONLY | O_CREAT | O_EXCL)
        defer { close(file) }
        try write(text, to: file, name: temporary)
        if OSUser.isRoot, fchown(file, user, group) != 0 { throw SystemError("chown", "\(path)/\(name)") }
        if fchmod(file, mode) != 0 { throw SystemError("chmod", "\(path)/\(name)") }
        if fsync(file) != 0 { throw SystemError("fsync", "\(path)/\(name)") }
        try rename(temporary, to: name)
    }

    /// Adds text at the end of a file that is there.
    func append(_ text: String, to name: String) throws(SystemError) {
        let file = try openFile(name, flags: O_WRONLY | O_APPEND)
        defer { close(file) }
        try write(text, to: file, name: name)
        if fsync(file) != 0 { throw SystemError("fsync", "\(path)/\(name)") }
    }

    private func write(_ text: String, to file: Int32, name: String) throws(SystemError) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress!, $0.count) }
            if count < 0 { throw SystemError("write", "\(path)/\(name)") }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Renames within the directory, replacing a file that has the new name, and makes it durable.
    func rename(_ name: String, to newName: String) throws(SystemError) {
        if renameat(descriptor, name, descriptor, newName) != 0 { throw SystemError("rename", "\(path)/\(name)") }
        if fsync(descriptor) != 0 { throw SystemError("fsync", path) }
    }

    /// Makes a link, replacing one that has the name.
    func makeLink(_ name: String, to target: String) throws(SystemError) {
        unlinkat(descriptor, name, 0)
        if symlinkat(target, descriptor, name) != 0 { throw SystemError("symlink", "\(path)/\(name)") }
    }

    private func removeContent() throws(SystemError) {
        for name in try names() { try remove(name) }
    }

    /// Removes an entry, a directory with all that is in it. No entry of the name: nothing to do.
    func remove(_ name: String) throws(SystemError) {
        switch try entry(name)?.kind {
        case nil: return
        case .directory:
            try directory(name).removeContent()
            if unlinkat(descriptor, name, AT_REMOVEDIR) != 0 { throw SystemError("rmdir", "\(path)/\(name)") }
        default:
            if unlinkat(descriptor, name, 0) != 0, errno != ENOENT { throw SystemError("unlink", "\(path)/\(name)") }
        }
    }
}
