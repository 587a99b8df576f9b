internal import Glibc

/// What the embedded Postgres runs with, as the text of its configuration files.
struct ClusterSettings {
    var socketDirectory: String
    var hostAuthenticationFile: String
    var identFile: String
    var logDirectory: String
    /// Shown in the titles of the cluster's processes; tells them from those of other clusters.
    var clusterName: String
    /// Main memory that Postgres may count on, in bytes.
    var memoryBytes: Int

    /// Only local connections, each as a role that the map gives its OS user: there is no password to steal.
    static let hostAuthentication = """
        # Written by Sluice at each start.
        local all all peer map=sluice

        """

    var text: String {
        let megabyte = 1 << 20
        // A quarter of the memory is what the manual recommends; beyond 4 GiB the page cache serves as well.
        let sharedBuffers = min(max(memoryBytes / 4, 128 * megabyte), 4096 * megabyte) / megabyte
        return """
            # Written by Sluice at each start; change nothing here. Your own settings go into postgresql.conf or ALTER SYSTEM.

            # Reached through its socket only, by the processes of one OS user (see pg_hba.conf and ../ident).
            listen_addresses = ''
            unix_socket_directories = \(quoted("\"\(socketDirectory.replacingEach("\"", with: "\"\""))\""))
            unix_socket_permissions = 0777  # the folder is what is shut
            hba_file = \(quoted(hostAuthenticationFile))
            ident_file = \(quoted(identFile))
            password_encryption = 'scram-sha-256'
            authentication_timeout = '10s'
            max_connections = 120
            client_connection_check_interval = '2s'  # a statement whose client is gone ends

            # Dear to change later, so right from the start. The archive command keeps nothing until an archive is set up.
            wal_level = 'logical'
            archive_mode = 'on'
            archive_command = '/bin/true'

            # Size of this machine.
            shared_buffers = '\(sharedBuffers)MB'
            effective_cache_size = '\(max(memoryBytes / 2 / megabyte, 256))MB'
            max_wal_size = '2GB'
            min_wal_size = '256MB'
            # One transaction may touch every governed object of a large domain.
            max_locks_per_transaction = 256
            # Disks without arms. It matters to decisions: with the default, tables of up to some hundred principals are read
            # whole at each protected column.
            random_page_cost = 1.1
            # Policy functions are cheap, statements short: compiling them costs more than it gains.
            jit = off

            timezone = 'UTC'
            log_timezone = 'UTC'
            lc_messages = 'C'

            # The log names what went wrong with the cluster, never what users asked or what their rows hold: messages of
            # level ERROR and WARNING quote values, so they go to the client alone. A week is kept.
            cluster_name = \(quoted(clusterName))
            logging_collector = on
            log_directory = \(quoted(logDirectory))
            log_filename = 'postgres-%a.log'
            log_file_mode = 0640
            log_truncate_on_rotation = on
            log_rotation_age = '1d'
            log_rotation_size = 0
            log_min_messages = 'log'
            log_min_error_statement = 'panic'
            log_parameter_max_length = 0
            log_parameter_max_length_on_error = 0
            log_statement = 'none'
            log_min_duration_statement = -1
            log_line_prefix = '%m [%p] %q%u@%d '

            """
    }

    /// The memory of this machine or, when it is less, of this container (cgroup v2), in bytes.
    static func availableMemory() -> Int {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard let group = fopen("/sys/fs/cgroup/memory.max", "re") else { return machine }
        defer { fclose(group) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, CInt(line.count), group) != nil else { return machine }
        // "max" is no number: no limit.
        let limit = String(decoding: line.prefix { $0 > 0x20 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return min(machine, Int(limit) ?? machine)
    }

    /// A string in the syntax of postgresql.conf.
    private func quoted(_ text: String) -> String {
        "'\(text.replacingEach("\\", with: "\\\\").replacingEach("'", with: "''"))'"
    }
}

extension String {
    fileprivate func replacingEach(_ character: Character, with text: String) -> String {
        reduce(into: "") { $0 += $1 == character ? text : String($1) }
    }
}
