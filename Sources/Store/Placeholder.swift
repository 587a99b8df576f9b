/// One migration as the build plugin embeds it.
struct EmbeddedMigration: Sendable {
    var database: String
    var name: String
    var sql: String
}
