import Postgres

/// The principal and the group that manage the platform from the first start.
public enum Bootstrap {
    public static let administrator = "admin"
    public static let administrators = "admins"
}
