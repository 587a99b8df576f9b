internal import CLinux
internal import Glibc
internal import Store

/// What ended jobs have left behind, in whatever session: processes that this one has adopted, killed but not reaped.
struct Strays {
    private var processes: [ProcessHandle] = []

    var isEmpty: Bool { processes.isEmpty }
    /// Readable when one of them has ended.
    var descriptors: [Int32] { processes.map(\.descriptor) }

    /// Kills this process's children except those that are `known` by their number.
    mutating func adopt(except known: [Int32]) {
        let known = Set(known + processes.map(\.id))
        for id in Strays.children() where !known.contains(id) {
            guard let stray = ProcessHandle(existing: id) else { continue }
            stray.signal(SIGKILL)
            processes.append(stray)
        }
    }

    /// Reaps those that have ended; `true` if any had: their own children have come to this process then.
    mutating func reap() -> Bool {
        let ended = processes.filter(\.hasEnded)
        guard !ended.isEmpty else { return false }
        let reaped = Set(ended.map(\.id))
        processes.removeAll { reaped.contains($0.id) }
        for stray in ended { _ = stray.reap() }
        return true
    }

    /// The numbers of this process's children, all of which its one thread has started or adopted (proc(5)).
    private static func children() -> [Int32] {
        guard let file = fopen("/proc/thread-self/children", "re") else { return [] }
        defer { fclose(file) }
        var ids: [Int32] = []
        var id: UInt = 0
        while clinux_read_number(file, &id) == 1 { ids.append(Int32(truncatingIfNeeded: id)) }
        return ids
    }
}
