/// The two databases of an installation. Traffic is apart from the truth, since a long read in one database keeps
/// VACUUM from removing what is dead there.
public enum PlatformDatabase: String, Sendable, CaseIterable {
    /// Declared objects, policy, data, offsets, fences, events.
    case warehouse
    /// Queue, leases, schedule clock, logs, read audit.
    case control

    /// The migrations that this program carries, in order.
    var migrations: [EmbeddedMigration] {
        EmbeddedMigration.all.filter { $0.database == rawValue }.sorted { $0.name < $1.name }
    }
}
