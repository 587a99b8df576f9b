import Foundation
import TestSupport

/// A hot standby that streams from the test cluster, as throw-away as that.
final class Standby: Sendable {
    /// Directory of its socket.
    let socketDirectory: String
    /// Stops the server and removes the directory when its input ends.
    private let keeper: Process

    struct StartFailure: Error {}

    init(of cluster: TestCluster) throws {
        let programs = ProcessInfo.processInfo.environment["SLUICE_POSTGRES_BIN"] ?? "/usr/lib/postgresql/15/bin"
        let output = Pipe()
        keeper = Process()
        keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
        keeper.arguments = ["-c", Self.script, "sh", programs, cluster.socketDirectory, cluster.superuser]
        keeper.standardInput = Pipe()
        keeper.standardOutput = output
        try keeper.run()
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
            line += byte
        }
        guard !line.isEmpty else { throw StartFailure() }
        socketDirectory = String(decoding: line, as: UTF8.self)
    }

    /// Conflicts with what is replayed are settled after 300 ms, so that the standby follows closely.
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
        $as "$1/pg_basebackup" -h "$2" -U "$3" -D "$root/data" -X stream -R --checkpoint=fast --no-sync \\
            >"$root/log" 2>&1 || { cat "$root"/*log >&2; rm -rf "$root"; exit 1; }
        cat >>"$root/data/postgresql.conf" <<END
        unix_socket_directories = '$root'
        hot_standby = on
        max_standby_streaming_delay = 300ms
        wal_receiver_status_interval = 1s
        END
        $as "$1/pg_ctl" -D "$root/data" -l "$root/server.log" -s -w start </dev/null >/dev/null \\
            || { cat "$root"/*log >&2; rm -rf "$root"; exit 1; }
        echo "$root"
        read -r line
        $as "$1/pg_ctl" -D "$root/data" -s -m immediate stop >/dev/null 2>&1
        rm -rf "$root"
        """
}

/// Runs `body` on a thread of its own: blocking sessions must not take the few threads of the concurrency pool.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result { try body() })
        }
    }
}

/// Seconds since 1970.
func wallClock() -> Double { Date().timeIntervalSince1970 }
