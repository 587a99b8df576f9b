internal import Glibc

extension DataDirectory {
    /// Who holds the right to use a data dir.
    public enum Holder: Sendable, Equatable {
        case nobody
        /// A process, when the kernel tells which.
        case process(Int32?)
    }

    /// Finds the data dir without changing anything.
    ///
    /// - Returns: `nil` when there is none yet.
    /// - Throws: What `prepare` would throw about its place, owner and content.
    public static func inspect(_ requested: String, users: ClusterUsers) throws(ClusterError) -> DataDirectory? {
        let path: String
        do throws(SystemError) {
            path = try FilePath.real(FilePath.absolute(requested))
        } catch {
            if error.number == ENOENT { return nil }
            throw ClusterError(error)
        }
        let data = DataDirectory(prepared: path, users: users)
        let directory = try data.open()
        try data.checkOwnership(of: directory)
        return data
    }

    /// The nearest folder above a data dir that exists: where it will be made.
    public static func folder(above requested: String) throws(ClusterError) -> String {
        try asClusterError { () throws(SystemError) in
            try FilePath.real(DataDirectoryPlace.existing(FilePath.absolute(requested)))
        }
    }

    /// Who holds the lock at this moment.
    public func holder() throws(ClusterError) -> Holder {
        let path = "\(path)/\(DataDirectoryLock.fileName)"
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .nobody }
            throw ClusterError(SystemError("open", path))
        }
        defer { close(descriptor) }
        // Shared, and for a moment only: a serve that starts meanwhile waits longer than that.
        if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { return .nobody }
        guard errno == EWOULDBLOCK else { throw ClusterError(SystemError("flock", path)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ClusterError(SystemError("stat", path)) }
        return .process(Self.holder(ofInode: UInt64(status.st_ino)))
    }

    /// From proc(5), `locks`: `1: FLOCK  ADVISORY  WRITE 4711 08:01:393220 0 EOF`.
    private static func holder(ofInode inode: UInt64) -> Int32? {
        guard let file = fopen("/proc/locks", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let words = text.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[5].split(separator: ":").last == "\(inode)" else {
                continue
            }
            if let id = Int32(words[4]), id > 0 { return id }
        }
        return nil
    }
}
