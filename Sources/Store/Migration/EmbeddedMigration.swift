internal import Cryptography

/// One file of `migrations/`, as the build plugin embeds it. Never edited once released.
struct EmbeddedMigration: Sendable, Equatable {
    /// The folder the file is in: `warehouse` or `control`.
    var database: String
    /// The file's name without `.sql`; names order the migrations of a database.
    var name: String
    var sql: String

    /// SHA-256 of the text, in hexadecimal.
    var checksum: String { Hex.encode(SHA256.hash(sql)) }

    /// Needs a superuser: what `migrate --print-privileged` prints for clusters where Sluice is none.
    var isPrivileged: Bool { name.hasSuffix("_privileged") }

    /// For statements that refuse to run inside a transaction; such a file holds one statement, which can be repeated.
    var runsInTransaction: Bool { !sql.hasPrefix("-- no transaction\n") }
}

extension EmbeddedMigration {
    /// All that this program carries.
    static let all = embeddedTexts.map { embedded in
        // `<database>/<name>.sql`
        let parts = embedded.path.split(separator: "/")
        return EmbeddedMigration(database: String(parts[0]), name: String(parts[1].dropLast(4)), sql: embedded.text)
    }
}
