internal import CLinux
internal import Glibc

/// The folders below which pipelines may read files.
///
/// What counts is where a path leads after every link has been followed. The file is then opened without following
/// any, from its root's descriptor, so what was checked is what is read.
public struct FileRoots: Sendable, Hashable {
    /// Absolute paths.
    public var folders: [String]
    /// Absolute paths that are not read although they may lie below: the data directory.
    public var forbidden: [String]

    public init(_ folders: [String], except forbidden: [String] = []) {
        self.folders = folders
        self.forbidden = forbidden
    }

    /// Opens the file at `path` in `folder` for reading.
    ///
    /// - Throws: `source_refused` when it lies elsewhere, `source_unreadable` when there is no such regular file.
    func open(_ path: String, in folder: String) throws(SourceFailure) -> FileInput {
        guard !folders.isEmpty else {
            throw SourceFailure(
                .sourceRefused, "no folder is open to pipelines",
                hint: "An operator names folders in SLUICE_FILE_ROOTS.")
        }
        guard folder.hasPrefix("/"), !path.hasPrefix("/"), !path.utf8.contains(0), !folder.utf8.contains(0),
            !path.split(separator: "/").contains("..")
        else { throw refused(path) }
        let resolved = try resolve("\(folder)/\(path)", path)
        guard let root = folders.compactMap(Self.real).first(where: { Self.lies(resolved, below: $0) }),
            !forbidden.compactMap(Self.real).contains(where: { Self.lies(resolved, below: $0) })
        else { throw refused(path) }
        let descriptor = try open(resolved, below: root, path)
        return try Self.adopt(descriptor, path)
    }

    private func resolve(_ whole: String, _ path: String) throws(SourceFailure) -> String {
        if let resolved = Self.real(whole) { return resolved }
        let reason = errno
        var status = stat()
        // Whether something exists elsewhere is nobody's to learn: a link that leads nowhere is refused.
        guard reason == ENOENT, lstat(whole, &status) != 0, let parent = Self.real(Self.parent(of: whole)),
            folders.compactMap(Self.real).contains(where: { parent == $0 || Self.lies(parent, below: $0) })
        else { throw reason == EACCES ? unreadable(path, reason) : refused(path) }
        throw unreadable(path, reason)
    }

    private static func parent(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func lies(_ path: String, below folder: String) -> Bool {
        path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }

    private func open(_ resolved: String, below root: String, _ path: String) throws(SourceFailure) -> Int32 {
        let directory = clinux_openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY, 0)
        guard directory >= 0 else { throw unreadable(path, errno) }
        defer { close(directory) }
        let relative = String(resolved.dropFirst(root == "/" ? 1 : root.utf8.count + 1))
        // Not to wait for the writer of a pipe.
        let descriptor = clinux_open_beneath(directory, relative, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            // ELOOP, EXDEV: a link where there was none a moment ago.
            throw errno == ELOOP || errno == EXDEV ? refused(path) : unreadable(path, errno)
        }
        return descriptor
    }

    private static func adopt(_ descriptor: Int32, _ path: String) throws(SourceFailure) -> FileInput {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            clinux_is_kernel_filesystem(descriptor) == 0
        else {
            close(descriptor)
            throw SourceFailure(.sourceRefused, "\(path) is no regular file", hint: "A path names one file.")
        }
        return FileInput(adopting: descriptor, name: path, status: status)
    }

    private func refused(_ path: String) -> SourceFailure {
        SourceFailure(
            .sourceRefused, "\(path) does not lie in a folder that pipelines may read",
            hint: "Links count as what they lead to. An operator names the folders in SLUICE_FILE_ROOTS.")
    }

    private func unreadable(_ path: String, _ code: Int32) -> SourceFailure {
        SourceFailure(
            .sourceUnreadable, "\(path) cannot be opened: \(String(cString: strerror(code)))",
            hint: code == EACCES ? "Job processes read it as a user of their own, sluice-job." : nil)
    }
}
