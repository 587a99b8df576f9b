internal import Glibc

/// Makes the cluster's files, all or none: initdb works in a folder of another name, which becomes `postgres` when it
/// is complete. What a crash left half-made is thrown away.
struct Initialisation {
    static let unfinishedName = "postgres.new"

    var data: DataDirectory
    var installation: PostgresInstallation
    var log: ClusterLog

    /// Does nothing when there is a cluster of the right major version.
    func run() throws(ClusterError) {
        let directory = try data.open()
        try asClusterError { () throws(SystemError) in try directory.remove(Initialisation.unfinishedName) }
        if try asClusterError({ () throws(SystemError) in try directory.entry("postgres") }) != nil {
            return try checkMajorVersion(directory)
        }
        log("making a Postgres cluster", ["folder": data.postgres, "version": "\(installation.version)"])
        try initialise(directory)
    }

    private func checkMajorVersion(_ directory: borrowing Directory) throws(ClusterError) {
        let text = try asClusterError { () throws(SystemError) in
            try directory.directory("postgres").read("PG_VERSION", limit: 16)
        }
        guard let text, let major = Int(text.prefix { $0.isNumber }) else {
            throw ClusterError(
                .dataDirectoryForeign, "\(data.postgres) is no Postgres data directory: PG_VERSION is missing",
                hint: "Restore it from a backup, or move it away to begin anew.")
        }
        guard major == installation.version.major else {
            throw ClusterError(
                .wrongMajorVersion, "\(data.postgres) was made by Postgres \(major), this is \(installation.version)",
                hint: "Upgrade it with pg_upgrade, or name another folder with --data-dir.")
        }
    }

    private func initialise(_ directory: borrowing Directory) throws(ClusterError) {
        let name = Initialisation.unfinishedName
        let users = data.users
        try asClusterError { () throws(SystemError) in
            _ = try directory.makeDirectory(name, user: users.postgres.id, group: users.postgres.group, mode: 0o700)
        }
        var specification = ProcessSpecification(
            executable: "\(installation.binaries)/initdb",
            arguments: [
                "--pgdata=\(data.path)/\(name)", "--username=\(IdentMap.superuser)", "--encoding=UTF8",
                "--locale=C.UTF-8", "--data-checksums", "--auth-local=peer", "--auth-host=reject", "--no-instructions",
            ], environment: PostgresInstallation.environment)
        specification.user = users.areSeparate ? users.postgres : nil
        specification.workingDirectory = "/"
        let answer = try asClusterError { () throws(SystemError) in
            try ProcessHandle.run(specification, within: .seconds(120))
        }
        guard answer.status == 0 else {
            throw StartFailure.classify(answer.output, code: .initialisationFailed, logFolder: data.path)
        }
        try asClusterError { () throws(SystemError) in
            // Relative, so that the data dir can be moved.
            try directory.directory(name).append(
                "\n# Sluice's own settings, written anew at each start; what stands below this line wins over them.\n"
                    + "include '../conf/postgresql.conf'\n", to: "postgresql.conf")
            try directory.rename(name, to: "postgres")
        }
    }
}
