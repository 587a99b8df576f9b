/// One file of `migrations/`, as the build plugin embeds it.
struct EmbeddedMigration: Sendable, Equatable {
    /// The folder the file is in: `warehouse` or `control`.
    var database: String
    /// The file's name without `.sql`; names order the migrations of a database.
    var name: String
    var sql: String
}
