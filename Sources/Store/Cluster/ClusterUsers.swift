/// Who runs what: two OS users when Sluice is started as root, otherwise the invoking user for both.
public struct ClusterUsers: Sendable, Equatable {
    /// Runs `serve` and its workers.
    public var server: OSUser
    /// Runs the embedded Postgres.
    public var postgres: OSUser

    public init(server: OSUser, postgres: OSUser) {
        self.server = server
        self.postgres = postgres
    }

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
