internal import CLinux
internal import Glibc

/// Gives up what this process may do. For the first moments of a process; users change for all of its threads at once, the
/// rest for the calling one and those it starts.
public enum Confinement {
    /// Becomes `user` with its primary group alone, for good: neither a call nor a program it starts gets anything back.
    public static func become(_ user: OSUser) throws(SystemError) {
        if clinux_become(user.id, user.group) != 0 { throw SystemError("setresuid", user.name) }
    }

    /// Acts as `user` until `become`, which alone can leave it again: only root can. Ended by that call.
    public static func actAs(_ user: OSUser) throws(SystemError) {
        if clinux_act_as(user.id, user.group) != 0 { throw SystemError("seteuid", user.name) }
    }

    /// Keeps this thread and those that it starts from gaining rights by a program they run.
    public static func forbidNewPrivileges() throws(SystemError) {
        if clinux_forbid_new_privileges() != 0 { throw SystemError("prctl", "PR_SET_NO_NEW_PRIVS") }
    }

    /// Bounds what this process may use, for good.
    ///
    /// - Parameters:
    ///   - memoryBytes: Of memory that it can write, whether it is resident or not (RLIMIT_DATA).
    ///   - openFiles: Descriptors.
    public static func limit(memoryBytes: Int, openFiles: Int) throws(SystemError) {
        if clinux_limit_memory(UInt64(memoryBytes)) != 0 { throw SystemError("setrlimit", "RLIMIT_DATA") }
        if clinux_limit_files(UInt64(openFiles)) != 0 { throw SystemError("setrlimit", "RLIMIT_NOFILE") }
        if clinux_forbid_core_dumps() != 0 { throw SystemError("setrlimit", "RLIMIT_CORE") }
    }

    /// Has the kernel kill this process when `parent` ends. After `become`, which would undo it.
    ///
    /// - Returns: False when `parent` has ended already: then there is nobody whose end could be noticed.
    public static func dieWith(parent: Int32) throws(SystemError) -> Bool {
        if clinux_signal_on_parent_death(SIGKILL) != 0 { throw SystemError("prctl", "PR_SET_PDEATHSIG") }
        return getppid() == parent
    }

    /// Keeps memory and environment, where secrets are, from other processes of the same user and from core dumps.
    public static func forbidInspection() throws(SystemError) {
        if clinux_forbid_inspection() != 0 { throw SystemError("prctl", "PR_SET_DUMPABLE") }
    }

    /// Keeps an inherited descriptor from the programs that this process starts.
    public static func closeOnExec(_ descriptor: Int32) throws(SystemError) {
        if fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0 { throw SystemError("fcntl", "descriptor \(descriptor)") }
    }
}
