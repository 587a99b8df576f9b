/// Decides which migrations a database still needs.
enum MigrationPlan {
    /// One row of `schema_migrations`.
    struct Applied: Sendable, Equatable {
        var name: String
        var checksum: String
        /// The release of the program that applied it.
        var release: Int
    }

    /// The release of this program's schema: one more than the last one's as soon as a migration is added to it.
    static let release = 1

    /// The migrations to apply, in order.
    ///
    /// Migrations that only the database knows are from a newer program; two neighbouring releases may run together, so
    /// those of the next release are no reason to refuse.
    static func pending(
        known: [EmbeddedMigration], applied: [Applied], release: Int = release
    ) throws(MigrationError) -> [EmbeddedMigration] {
        let knownNames = Set(known.map(\.name))
        if let newer = applied.first(where: { !knownNames.contains($0.name) && $0.release > release + 1 }) {
            throw MigrationError(
                .databaseTooNew,
                "the database holds \(newer.name) of release \(newer.release), this program is of release \(release)",
                hint: "Run the newer program; at most two neighbouring releases run together.")
        }
        let byName = Dictionary(applied.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for migration in known {
            guard let row = byName[migration.name], row.checksum != migration.checksum else { continue }
            throw MigrationError(
                .checksumDiffers, "\(migration.database)/\(migration.name).sql is not what was applied",
                hint: "A migration is never edited after it was applied: restore the file and add another one.")
        }
        let pending = known.filter { byName[$0.name] == nil }
        if let first = pending.first, let last = known.last(where: { byName[$0.name] != nil }), first.name < last.name {
            throw MigrationError(
                .outOfOrder, "\(first.database)/\(first.name).sql comes before \(last.name), which is applied already",
                hint: "Give the new migration a name that sorts after all others.")
        }
        return pending
    }
}
