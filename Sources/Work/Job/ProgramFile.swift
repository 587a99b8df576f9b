internal import CLinux
internal import Glibc

/// The file of the running program.
enum ProgramFile {
    /// What another build does not have: size and time. Of a program that cannot be looked at, a mark that no other
    /// process has.
    static func mark() -> String {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "\(getpid()):\(UInt64.random(in: 0...UInt64.max))" }
        return "\(status.st_size):\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}
