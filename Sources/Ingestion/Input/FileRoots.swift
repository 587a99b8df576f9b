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

    /// Where a path leads: links are followed, and the root is one that it lies below.
    struct Place {
        var resolved: String
        var root: String
    }

    /// Opens the file at `path` in `folder` for reading.
    ///
    /// - Throws: `source_refused` when it lies elsewhere, `source_unreadable` when there is no such regular file.
    func open(_ path: String, in folder: String) throws(SourceFailure) -> FileInput {
        // Not to wait for the writer of a pipe.
        let descriptor = try open(try locate(path, in: folder, called: path), O_RDONLY | O_NONBLOCK, called: path)
        return try Self.adopt(descriptor, path)
    }

    /// Finds out where `path` in `folder` leads; empty: the folder itself.
    ///
    /// - Parameter name: As messages call it.
    /// - Throws: `source_refused` when that is in none of the roots, `source_unreadable` when there is nothing.
    func locate(_ path: String, in folder: String, called name: String) throws(SourceFailure) -> Place {
        guard !folders.isEmpty else {
            throw SourceFailure(
                .sourceRefused, "no folder is open to pipelines",
                hint: "An operator names folders in SLUICE_FILE_ROOTS.")
        }
        guard folder.hasPrefix("/"), !path.hasPrefix("/"), !path.utf8.contains(0), !folder.utf8.contains(0),
            !path.split(separator: "/").contains("..")
        else { throw refused(name) }
        let resolved = try resolve(path.isEmpty ? folder : "\(folder)/\(path)", name)
        guard let root = folders.compactMap(Self.real).first(where: { Self.lies(resolved, inOrBelow: $0) }),
            !forbidden.compactMap(Self.real).contains(where: { Self.lies(resolved, inOrBelow: $0) })
        else { throw refused(name) }
        return Place(resolved: resolved, root: root)
    }

    private func resolve(_ whole: String, _ path: String) throws(SourceFailure) -> String {
        if let resolved = Self.real(whole) { return resolved }
        let reason = errno
        var status = stat()
        // Whether something exists elsewhere is nobody's to learn: a link that leads nowhere is refused.
        guard reason == ENOENT, lstat(whole, &status) != 0, let parent = Self.real(Self.parent(of: whole)),
            folders.compactMap(Self.real).contains(where: { Self.lies(parent, inOrBelow: $0) })
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

    private static func lies(_ path: String, inOrBelow folder: String) -> Bool {
        path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }

    /// Opens a place from its root's descriptor, following no link.
    func open(_ place: Place, _ flags: Int32, called name: String) throws(SourceFailure) -> Int32 {
        let directory = clinux_openat(AT_FDCWD, place.root, O_RDONLY | O_DIRECTORY, 0)
        guard directory >= 0 else { throw unreadable(name, errno) }
        defer { close(directory) }
        let relative = place.resolved.dropFirst(place.root == "/" ? 1 : place.root.utf8.count + 1)
        let descriptor = clinux_open_beneath(directory, relative.isEmpty ? "." : String(relative), flags)
        guard descriptor >= 0 else {
            // ELOOP, EXDEV: a link where there was none a moment ago.
            throw errno == ELOOP || errno == EXDEV ? refused(name) : unreadable(name, errno)
        }
        return descriptor
    }

    static func adopt(_ descriptor: Int32, _ path: String) throws(SourceFailure) -> FileInput {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            clinux_is_kernel_filesystem(descriptor) == 0
        else {
            close(descriptor)
            throw SourceFailure(.sourceRefused, "\(path) is no regular file", hint: "A path names one file.")
        }
        return FileInput(adopting: descriptor, name: path, size: Int(status.st_size))
    }

    func refused(_ path: String) -> SourceFailure {
        SourceFailure(
            .sourceRefused, "\(path) does not lie in a folder that pipelines may read",
            hint: "Links count as what they lead to. An operator names the folders in SLUICE_FILE_ROOTS.")
    }

    func unreadable(_ path: String, _ code: Int32) -> SourceFailure {
        SourceFailure(
            .sourceUnreadable, "\(path) cannot be opened: \(String(cString: strerror(code)))",
            hint: code == EACCES ? "Job processes read it as a user of their own, sluice-job." : nil)
    }
}
