internal import Glibc

/// Files that commands are given.
enum TextFile {
    /// Reads a file, or standard input for `-`; refuses more than `limit` bytes.
    static func read(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return content }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path)
            }
            content += chunk[..<count]
            guard content.count <= limit else {
                throw CommandFailure(.refused, "\(path) is longer than \(limit) bytes")
            }
        }
    }

    /// The files a path stands for: itself, or those of a folder whose names end in one of `suffixes`, sorted.
    static func list(_ path: String, endingIn suffixes: [String]) throws(CommandFailure) -> [String] {
        var status = stat()
        if path == "-" { return [path] }
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        guard let folder = opendir(path) else { throw failure(path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix("."), suffixes.contains(where: name.hasSuffix) { names.append(name) }
        }
        guard !names.isEmpty else {
            throw CommandFailure(.refused, "\(path) holds no file that ends in \(suffixes.joined(separator: " or "))")
        }
        return names.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(.refused, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
