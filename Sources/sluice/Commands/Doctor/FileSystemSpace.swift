internal import Glibc

/// Room on the file system of a path, for those without root's reserve.
struct FileSystemSpace {
    var bytes: Int
    var freeBytes: Int
    /// Files that may still be made; `nil` where there is no bound.
    var freeFiles: Int?
    var isReadOnly: Bool

    /// `nil` when there is no such path.
    init?(_ path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        bytes = Int(clamping: status.f_blocks) * Int(clamping: status.f_frsize)
        freeBytes = Int(clamping: status.f_bavail) * Int(clamping: status.f_frsize)
        freeFiles = status.f_files == 0 ? nil : Int(clamping: status.f_favail)
        isReadOnly = status.f_flag & UInt(ST_RDONLY) != 0
    }
}
