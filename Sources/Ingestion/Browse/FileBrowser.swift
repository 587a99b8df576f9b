internal import CLinux
public import Catalog
internal import Glibc

/// What there is below the folder of a `file` connection, by the same rules as reading it: what lies outside of the roots
/// is not there. Blocks.
public struct FileBrowser: Sendable {
    /// Names that are looked through for a page. A folder with more is refused, whichever page is asked for.
    static let maxNames = 1_000_000

    private let roots: FileRoots
    private let folder: String
    /// The folder as the connection declares it: how messages call it.
    private let name: String

    /// - Parameter folder: The connection's, absolute.
    public init(roots: FileRoots, folder: String, declaredAs name: String) {
        self.roots = roots
        self.folder = folder
        self.name = name
    }

    /// A page of the folder at `place`, by name in the order of bytes; of a file, that file alone.
    ///
    /// Left out is what cannot be loaded: pipes, devices, links that lead out, names that are no UTF-8.
    public func page(_ place: SourcePlace) throws(SourceFailure) -> SourcePage {
        let called = place.path.isEmpty ? name : place.path
        let found = try roots.locate(place.path, in: folder, called: called)
        let descriptor = try roots.open(found, O_RDONLY | O_NONBLOCK, called: called)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw roots.unreadable(called, errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            // Of a regular file only.
            _ = try FileRoots.adopt(descriptor, called)
            var page = SourcePage()
            _ = page.append(Self.item(place, place.path, status, isReadable: true))
            return page
        }
        defer { close(descriptor) }
        guard clinux_is_kernel_filesystem(descriptor) == 0 else { throw roots.refused(called) }
        return try page(place, descriptor, called)
    }

    private func page(_ place: SourcePlace, _ descriptor: Int32, _ called: String) throws(SourceFailure) -> SourcePage {
        var names = FirstNames(count: place.limit + 1, after: place.after.map { Array($0.utf8) })
        try eachName(in: descriptor, called) { names.offer($0) }
        var page = SourcePage()
        var last = ""
        for name in names.kept {
            if page.items.count == place.limit {
                page.next = last
                return page
            }
            let text = String(decoding: name, as: UTF8.self)
            if let item = item(place, text, in: descriptor), !page.append(item) {
                page.next = last
                return page
            }
            last = text
        }
        // Some of them were nothing to show, and there may be more behind.
        if names.kept.count > place.limit { page.next = last }
        return page
    }

    /// What `name` is in an open folder; `nil` for what cannot be loaded.
    private func item(_ place: SourcePlace, _ name: String, in descriptor: Int32) -> SourceItem? {
        let path = place.path.isEmpty ? name : "\(place.path)/\(name)"
        guard path.utf8.count <= FileSource.maxPathBytes else { return nil }
        // By where it leads, and looked at without following anything: a link out of the roots is not there.
        guard let found = try? roots.locate(path, in: folder, called: path),
            let end = try? roots.open(found, clinux_path_flag(), called: path)
        else { return nil }
        defer { close(end) }
        var status = stat()
        guard fstat(end, &status) == 0, [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let isReadable = faccessat(descriptor, name, isFolder ? R_OK | X_OK : R_OK, 0) == 0
        return Self.item(place, path, status, isReadable: isReadable)
    }

    private static func item(_ place: SourcePlace, _ path: String, _ status: stat, isReadable: Bool) -> SourceItem {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let modifiedAt = text(of: status.st_mtim.tv_sec)
        guard status.st_mode & S_IFMT != S_IFDIR else {
            return SourceItem(
                kind: .folder, name: name, path: path, details: .folder(modifiedAt: modifiedAt, isReadable: isReadable))
        }
        let endings = FileEndings(of: path)
        return SourceItem(
            kind: .file, name: name, path: path,
            details: .file(
                size: Int(status.st_size), modifiedAt: modifiedAt, isReadable: isReadable, endings),
            from: endings.format.map {
                .file(
                    FileSource(
                        connection: place.connection, path: path, format: $0, compression: endings.compression))
            })
    }

    /// RFC 3339 in UTC, to the second.
    private static func text(of seconds: Int) -> String {
        var seconds = seconds
        var parts = tm()
        var buffer = [CChar](repeating: 0, count: 32)
        gmtime_r(&seconds, &parts)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Names every entry of an open folder, in no order, but for those that are no UTF-8 or surely nothing to load.
    private func eachName(
        in descriptor: Int32, _ called: String, _ body: ([UInt8]) -> Void
    ) throws(SourceFailure) {
        let copy = clinux_openat(descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
        guard copy >= 0, let stream = fdopendir(copy) else {
            let code = errno
            if copy >= 0 { close(copy) }
            throw roots.unreadable(called, code)
        }
        defer { closedir(stream) }
        var count = 0
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw roots.unreadable(called, errno) }
                return
            }
            count += 1
            guard count <= Self.maxNames else {
                throw SourceFailure(
                    .limitExceeded, "\(called) has more than \(Self.maxNames) entries",
                    hint: "Name the files that are wanted, or keep them in several folders.")
            }
            guard [DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN].contains(Int(entry.pointee.d_type)) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: UInt8.self, capacity: 256) { text in
                    (0..<256).prefix { text[$0] != 0 }.map { text[$0] }
                }
            }
            guard name != [UInt8(ascii: ".")], name != Array("..".utf8), String(validating: name, as: UTF8.self) != nil
            else { continue }
            body(name)
        }
    }
}

/// The first few of many names, in the order of their bytes.
struct FirstNames {
    private(set) var kept: [[UInt8]] = []
    private let count: Int
    private let after: [UInt8]?

    /// - Parameter after: Names up to this one, and itself, are passed over.
    init(count: Int, after: [UInt8]?) {
        self.count = count
        self.after = after
        kept.reserveCapacity(count + 1)
    }

    mutating func offer(_ name: [UInt8]) {
        if let after, !after.lexicographicallyPrecedes(name) { return }
        if kept.count == count, let last = kept.last, !name.lexicographicallyPrecedes(last) { return }
        var (low, high) = (0, kept.count)
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        kept.insert(name, at: low)
        if kept.count > count { kept.removeLast() }
    }
}
