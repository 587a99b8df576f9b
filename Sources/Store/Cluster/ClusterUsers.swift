/// Who runs what: OS users of their own when Sluice is started as root, otherwise the invoking user for all.
public struct ClusterUsers: Sendable, Equatable {
    /// Runs `serve` and its workers.
    public var server: OSUser
    /// Runs the embedded Postgres.
    public var postgres: OSUser

    public init(server: OSUser, postgres: OSUser) {
        self.server = server
        self.postgres = postgres
    }

    /// Runs job processes, which touch what comes from outside: it can read neither the data dir nor Postgres's socket.
    /// `nil` unless started as root.
    public static func job() throws(ClusterError) -> OSUser? { OSUser.isRoot ? try system("sluice-job") : nil }

    /// True when the two differ, so that the directories of the one are shut to the other.
    public var areSeparate: Bool { server.id != postgres.id }

    /// The users of this machine that `scripts/setup` made, or the invoking one.
    public static func resolve() throws(ClusterError) -> ClusterUsers {
        guard OSUser.isRoot else {
            guard let user = OSUser.current() else {
                throw ClusterError(
                    .userMissing, "this process's user id has no name",
                    hint: "Postgres knows local users by name: give the id an entry in /etc/passwd.")
            }
            return ClusterUsers(server: user, postgres: user)
        }
        return ClusterUsers(server: try system("sluice"), postgres: try system("sluice-postgres"))
    }

    private static func system(_ name: String) throws(ClusterError) -> OSUser {
        if let user = OSUser.named(name) { return user }
        throw ClusterError(
            .userMissing, "the OS user \(name) does not exist",
            hint: "Run scripts/setup once, or start as an ordinary user.")
    }
}
