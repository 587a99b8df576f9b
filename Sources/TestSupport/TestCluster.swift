internal import EventLoop
internal import Foundation
public import Postgres
internal import Synchronization

/// A throw-away Postgres for one test process: a temporary directory, a Unix socket, no durability.
///
/// A shell keeps it: when this process ends, however it ends, the shell reads the end of its input, stops the server
/// and removes the directory.
public final class TestCluster: Sendable {
    /// Directory of the socket; a `ConnectionOptions.host`.
    public let socketDirectory: String
    /// The role that initialised the cluster. Every role may log in without a password.
    public let superuser = "postgres"
    private let counter = Atomic<Int>(0)
    /// Held open as long as the process lives.
    private let keeper: Process

    /// The cluster of this process, started when first asked for.
    public static func shared() throws -> TestCluster {
        try started.get()
    }

    private static let started = Result { try TestCluster() }

    public struct StartFailure: Error, CustomStringConvertible {
        public let description: String
    }

    /// `SLUICE_POSTGRES_BIN` names another directory of Postgres programs.
    private init() throws {
        let environment = ProcessInfo.processInfo.environment
        let programs = environment["SLUICE_POSTGRES_BIN"] ?? "/usr/lib/postgresql/15/bin"
        let output = Pipe()
        keeper = Process()
        keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
        keeper.arguments = ["-c", TestCluster.script, "sh", programs]
        keeper.standardInput = Pipe()
        keeper.standardOutput = output
        try keeper.run()
        // One line: the directory once the server takes connections, or nothing.
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
            line += byte
        }
        guard !line.isEmpty else {
            throw StartFailure(description: "no test cluster with the programs in \(programs); see standard error")
        }
        socketDirectory = String(decoding: line, as: UTF8.self)
    }

    /// As in production (encoding, locale, checksums, WAL level), but nothing is ever flushed to disk.
    private static let script = """
        trap '' INT
        root=$(mktemp -d "${TMPDIR:-/tmp}/sluice-test.XXXXXX") || exit 1
        as=
        if [ "$(id -u)" = 0 ]; then
            user=$(id -un postgres 2>/dev/null || echo nobody)
            chown "$user" "$root"
            as="setpriv --reuid=$user --regid=$(id -gn "$user") --clear-groups"
        fi
        cd "$root"
        $as "$1/initdb" -D "$root/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --data-checksums \\
            --no-sync >"$root/log" 2>&1 || { cat "$root"/*log >&2; rm -rf "$root"; exit 1; }
        cat >>"$root/data/postgresql.conf" <<END
        listen_addresses = ''
        unix_socket_directories = '$root'
        wal_level = logical
        max_connections = 200
        shared_buffers = 64MB
        fsync = off
        synchronous_commit = off
        full_page_writes = off
        autovacuum = off
        END
        $as "$1/pg_ctl" -D "$root/data" -l "$root/server.log" -s -w start </dev/null >/dev/null \\
            || { cat "$root"/*log >&2; rm -rf "$root"; exit 1; }
        echo "$root"
        read -r line
        $as "$1/pg_ctl" -D "$root/data" -s -m immediate stop >/dev/null 2>&1
        rm -rf "$root"
        """

    /// How to reach `database`, as the superuser or as `user`.
    public func options(database: String = "postgres", user: String? = nil) -> ConnectionOptions {
        ConnectionOptions(host: socketDirectory, user: user ?? superuser, database: database)
    }

    /// Creates an empty database and returns its name.
    public func makeDatabase() async throws -> String {
        let number = counter.add(1, ordering: .relaxed).newValue
        let name = "test_\(number)"
        let connection = try await TestLoops.connect(options())
        do {
            try await connection.execute("CREATE DATABASE \(identifier: name) TEMPLATE template0")
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return name
    }
}
