import Foundation
import TestSupport

/// A hot standby that streams from the test cluster, as throw-away as that.
struct Standby: Sendable {
    private let server: ThrowAwayServer

    /// Directory of its socket.
    var socketDirectory: String { server.socketDirectory }

    /// Conflicts with what is replayed are settled after 300 ms, so that the standby follows closely.
    init(of cluster: TestCluster) throws {
        server = try ThrowAwayServer(
            preparation: """
                $as "$1/pg_basebackup" -h "$2" -U "$3" -D "$root/data" -X stream -R --checkpoint=fast --no-sync
                """,
            settings: """
                hot_standby = on
                max_standby_streaming_delay = 300ms
                wal_receiver_status_interval = 1s
                """, arguments: [cluster.socketDirectory, cluster.superuser])
    }
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
