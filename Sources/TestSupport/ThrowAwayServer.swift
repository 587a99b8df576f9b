internal import Foundation

/// A throw-away Postgres: a temporary directory, a Unix socket, nothing flushed to disk for good.
///
/// A shell keeps it: when this process ends, however it ends, the shell reads the end of its input, stops the server
/// and removes the directory.
public final class ThrowAwayServer: Sendable {
    /// Directory of the socket; a `ConnectionOptions.host`.
    public let socketDirectory: String
    /// Held open as long as the process lives.
    private let keeper: Process

    /// Why there is no server.
    public struct StartFailure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - preparation: Shell commands that fill `$root/data`. Postgres's programs are in `$1`, `arguments` from `$2`
    ///     on, and `$as` before a command runs it as the server's OS user.
    ///   - settings: Lines for `postgresql.conf`.
    ///
    /// `SLUICE_POSTGRES_BIN` names another directory of Postgres programs.
    public init(preparation: String, settings: String, arguments: [String] = []) throws {
        let programs = ProcessInfo.processInfo.environment["SLUICE_POSTGRES_BIN"] ?? "/usr/lib/postgresql/15/bin"
        let output = Pipe()
        keeper = Process()
        keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
        keeper.arguments = ["-c", Self.script(preparation, settings), "sh", programs] + arguments
        keeper.standardInput = Pipe()
        keeper.standardOutput = output
        try keeper.run()
        // One line: the directory once the server takes connections, or nothing.
        var line = Data()
        while let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
            line += byte
        }
        guard !line.isEmpty else {
            throw StartFailure(description: "no Postgres with the programs in \(programs); see standard error")
        }
        socketDirectory = String(decoding: line, as: UTF8.self)
    }

    private static func script(_ preparation: String, _ settings: String) -> String {
        """
        trap '' INT
        root=$(mktemp -d "${TMPDIR:-/tmp}/sluice-test.XXXXXX") || exit 1
        as=
        if [ "$(id -u)" = 0 ]; then
            user=$(id -un postgres 2>/dev/null || echo nobody)
            chown "$user" "$root"
            as="setpriv --reuid=$user --regid=$(id -gn "$user") --clear-groups"
        fi
        cd "$root"
        { \(preparation); } >"$root/log" 2>&1 || { cat "$root"/*log >&2; rm -rf "$root"; exit 1; }
        cat >>"$root/data/postgresql.conf" <<END
        unix_socket_directories = '$root'
        \(settings)
        END
        $as "$1/pg_ctl" -D "$root/data" -l "$root/server.log" -s -w start </dev/null >/dev/null \\
            || { cat "$root"/*log >&2; rm -rf "$root"; exit 1; }
        echo "$root"
        read -r line
        $as "$1/pg_ctl" -D "$root/data" -s -m immediate stop >/dev/null 2>&1
        rm -rf "$root"
        """
    }
}
