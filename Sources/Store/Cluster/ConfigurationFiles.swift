/// The files that Postgres is configured by, in folders of the data dir that Postgres may read and not write.
struct ConfigurationFiles {
    let data: DataDirectory
    let settings: ClusterSettings

    /// Makes the folders `conf`, `log` and `ident`, and writes what is not there yet or different.
    ///
    /// - Returns: Whether the configuration differs from what the files held.
    func write() throws(ClusterError) -> Bool {
        let users = data.users
        let directory = try data.open()
        let identMap = try IdentMap.text(osUser: users.server.name, roles: [])
        let texts = ["postgresql.conf": settings.text, "pg_hba.conf": ClusterSettings.hostAuthentication]
        return try asClusterError { () throws(SystemError) in
            let owner = users.areSeparate ? 0 : users.server.id
            let group = users.postgres.group
            let shut: UInt32 = users.areSeparate ? 0o750 : 0o700
            let configuration = try directory.makeDirectory("conf", user: owner, group: group, mode: shut)
            var changed = false
            for (name, text) in texts where try configuration.read(name) != text {
                try configuration.replaceFile(name, with: text, user: owner, group: group, mode: 0o640)
                changed = true
            }
            _ = try directory.makeDirectory("log", user: users.postgres.id, group: users.server.group, mode: shut)
            // The map is the server's to write; the keeper only begins it.
            let ident = try directory.makeDirectory("ident", user: users.server.id, group: group, mode: shut | 0o2000)
            if try ident.entry(IdentMap.fileName) == nil {
                try ident.replaceFile(
                    IdentMap.fileName, with: identMap, user: users.server.id, group: group, mode: 0o640)
            }
            return changed
        }
    }
}
