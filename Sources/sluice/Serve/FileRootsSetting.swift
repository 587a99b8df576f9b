internal import Glibc

/// The folders below which `file` connections may read, as `--file-roots` names them.
enum FileRootsSetting {
    /// Reads a list with `:` between folders; empty: none.
    ///
    /// - Returns: Absolute paths without links, in the order given.
    /// - Throws: `UsageError` for what is no folder, and for one that would open the data dir to connections.
    static func parse(_ text: String, dataDirectory: String) throws(UsageError) -> [String] {
        guard !text.isEmpty else { return [] }
        // Before the first start there is no data dir; then only what is above its future place can be wrong.
        let data = resolved(dataDirectory) ?? absolute(dataDirectory)
        var roots: [String] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard !part.isEmpty, let root = resolved(String(part)), isFolder(root) else {
                throw UsageError(
                    message: "\(String(part).debugDescription) is no folder that the server can reach",
                    hint: "Write --file-roots DIR:DIR with folders that exist, or leave it empty.")
            }
            guard !isBelow(data, root), !isBelow(root, data) else {
                throw UsageError(
                    message: "the file root \(root) and the data dir \(data) are one inside the other",
                    hint: "Connections must never reach the data dir: keep their files elsewhere.")
            }
            if !roots.contains(root) { roots.append(root) }
        }
        return roots
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = resolved(".") else { return path }
        return "\(folder)/\(path)"
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }
}
