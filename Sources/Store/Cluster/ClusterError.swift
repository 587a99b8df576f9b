internal import Glibc

/// Why the embedded cluster cannot be prepared, started or stopped. Every one tells what to do next.
public struct ClusterError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Another `serve` holds the data dir.
        case dataDirectoryInUse
        /// The data dir cannot be made, read or reached.
        case dataDirectoryUnusable
        /// The data dir belongs to another OS user, or holds something that is not Sluice's.
        case dataDirectoryForeign
        /// An OS user is missing.
        case userMissing
        /// No Postgres of the right major version is installed.
        case postgresMissing
        /// The installed minor version has known holes.
        case postgresOutdated
        /// The data dir was made by another major version.
        case wrongMajorVersion
        case initialisationFailed
        case startFailed
        case diskFull
        /// The caller asked for an end while Postgres was starting.
        case interrupted
        case systemCallFailed
    }

    public var code: Code
    public var message: String
    public var hint: String

    init(_ code: Code, _ message: String, hint: String) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    init(_ error: SystemError) {
        switch error.number {
        case ENOSPC, EDQUOT:
            self.init(.diskFull, "\(error)", hint: "Free space on this file system, then start again.")
        case EACCES, EPERM, EROFS:
            self.init(
                .dataDirectoryUnusable, "\(error)",
                hint: "Start as the user who owns the data dir, or choose another one with --data-dir.")
        default:
            self.init(.systemCallFailed, "\(error)", hint: "See errno(3); the data dir is as it was before.")
        }
    }

    public var description: String { "\(message)\nhint: \(hint)" }
}

/// Gives a failed system call its code and hint.
func asClusterError<Result: ~Copyable>(
    _ body: () throws(SystemError) -> Result
) throws(ClusterError) -> Result {
    do throws(SystemError) { return try body() } catch { throw ClusterError(error) }
}
