internal import CLinux

/// What to start and as whom.
public struct ProcessSpecification: Sendable {
    /// Absolute path of the program.
    public var executable: String
    /// Without the program's own name.
    public var arguments: [String]
    /// `NAME=value`; nothing is inherited, so that no secret of this process reaches the child by accident.
    public var environment: [String]
    /// Descriptors that become the child's 0, 1, 2, …; all others are closed in it. At most 8.
    public var descriptors: [Int32] = [0, 1, 2]
    /// The user to become before the program starts, by setpriv(1); only root can. `nil`: this process's own.
    public var user: OSUser?
    /// Starts a session of its own, out of reach of the terminal's Ctrl-C and hang-up.
    public var startsSession = false
    /// Starts it with this thread's blocked signals still blocked, so that one sent before it is ready for it waits.
    public var keepsSignalMask = false
    /// `nil`: this process's own.
    public var workingDirectory: String?

    public init(executable: String, arguments: [String] = [], environment: [String] = []) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    /// `NAME=value` of this process, for a child that is to have all of it.
    public static func ownEnvironment() -> [String] {
        var entries: [String] = []
        var next = clinux_environment()
        while let entry = next?.pointee {
            entries.append(String(cString: entry))
            next = next?.successor()
        }
        return entries
    }

    /// The program that runs in this process, also when an upgrade has put another in its place meanwhile.
    public static func ownExecutable() -> String {
        let link = "/proc/self/exe"
        guard let path = try? FilePath.target(of: link), !path.hasSuffix(FilePath.deletedMark) else { return link }
        return path
    }

    /// The command line that is really run: setpriv(1) first when the user changes.
    var commandLine: [String] {
        guard let user else { return [executable] + arguments }
        return [
            "/usr/bin/setpriv", "--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups", "--no-new-privs", "--",
            executable,
        ] + arguments
    }
}
