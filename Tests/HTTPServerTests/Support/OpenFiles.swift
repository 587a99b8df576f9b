import Glibc

/// Limits and figures of this process.
enum OpenFiles {
    /// Raises the soft limit on descriptors.
    static func allow(_ count: UInt) throws {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        getrlimit(files, &limit)
        guard limit.rlim_cur < count else { return }
        limit.rlim_cur = min(count, limit.rlim_max)
        guard setrlimit(files, &limit) == 0, limit.rlim_cur == count else {
            throw RawClient.Failure(description: "only \(limit.rlim_max) descriptors are allowed")
        }
    }

    /// Whether this process runs under the address sanitizer.
    static var keepsFreedMemory: Bool { dlsym(nil, "__asan_init") != nil }

    /// Resident memory, from `/proc/self/statm`.
    static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return (Int(text.split(separator: " ")[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
