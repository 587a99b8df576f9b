internal import Glibc

/// The Postgres programs of this machine.
public struct PostgresInstallation: Sendable {
    /// Folder of `postgres` and `initdb`.
    public var binaries: String
    public var version: PostgresVersion

    /// The programs are asked for their version with this little around them.
    static let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]

    /// Finds Postgres of the embedded major version: where Debian puts it, then in the folders of `searchPath`.
    public static func find(searchPath: String?, allowOutdated: Bool) throws(ClusterError) -> PostgresInstallation {
        let major = PostgresVersion.embeddedMajor
        let folders =
            ["/usr/lib/postgresql/\(major)/bin"] + (searchPath ?? "").split(separator: ":").map(String.init)
        for folder in folders {
            guard let found = try inspect(folder), found.version.major == major else { continue }
            guard found.version.isSafe || allowOutdated else {
                throw ClusterError(
                    .postgresOutdated,
                    "Postgres \(found.version) in \(folder) has known holes from SQL user to code",
                    hint: "Run scripts/setup (apt-get install postgresql-\(major)) for "
                        + "\(major).\(PostgresVersion.oldestSafe[major] ?? 0) or later, or start with "
                        + "--allow-outdated-postgres.")
            }
            return found
        }
        throw ClusterError(
            .postgresMissing, "Postgres \(major) is not installed",
            hint: "Run scripts/setup (apt-get install postgresql-\(major)), or set SLUICE_DATABASE_URL.")
    }

    private static func inspect(_ folder: String) throws(ClusterError) -> PostgresInstallation? {
        guard access("\(folder)/postgres", X_OK) == 0, access("\(folder)/initdb", X_OK) == 0 else { return nil }
        var specification = ProcessSpecification(
            executable: "\(folder)/postgres", arguments: ["--version"], environment: environment)
        specification.workingDirectory = "/"
        let answer = try asClusterError { () throws(SystemError) in
            try ProcessHandle.run(specification, within: .seconds(10))
        }
        guard answer.status == 0 else { return nil }
        return PostgresVersion(parsing: answer.output).map { PostgresInstallation(binaries: folder, version: $0) }
    }
}
