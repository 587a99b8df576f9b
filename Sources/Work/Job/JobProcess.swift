internal import EventLoop
internal import Glibc
internal import JSON
internal import Postgres

/// The process of one attempt, or of one probe, from its first instruction to its last report.
///
/// It works with the least rights at each moment: it reads its assignment and opens its one session with the warehouse as
/// the server's user, and becomes the job's user for good before it touches what comes from outside. One task, one loop.
public enum JobProcess {
    /// How long a session with the warehouse may take to open, a fresh role's included.
    static let connectPatience: Duration = .seconds(10)

    /// Does what the conversation's first line says and reports how it went.
    ///
    /// - Parameter conversation: The socket to the supervisor.
    /// - Returns: The exit status: 0 when the last report is written, whatever it says.
    public static func run(_ confinement: JobConfinement, conversation: Int32) -> Int32 {
        do {
            guard try confinement.begin(), let line = firstLine(conversation) else { return 1 }
            let order = try JobOrder(line: line)
            let group = try EventLoopGroup(count: 1)
            let session = Result { try open(order.session, on: group) }
            // From here on, nothing of what the session was opened with can be reached any more.
            guard try confinement.complete() else { return 1 }
            let reporter = JobReporter(descriptor: conversation)
            reporter.finish(try work(order, session, reporter, on: group))
            return 0
        } catch {
            // For the operator. The assignment and its secrets are in none of these errors.
            let line = Array("sluice job: \(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            return 70
        }
    }

    private static func work(
        _ order: JobOrder, _ session: Result<Connection?, any Error>, _ reporter: JobReporter,
        on group: EventLoopGroup
    ) throws -> JobReport {
        // One thread at a time: this one waits meanwhile.
        nonisolated(unsafe) let reporter = reporter
        return try group.runBlocking {
            do {
                let connection = try session.get()
                switch order {
                case .attempt(let assignment):
                    let job = JobWork(
                        assignment: assignment, connection: connection, reporter: reporter, group: group)
                    return try await job.run()
                case .probe(let assignment):
                    return .answer(try await ProbeWork(assignment: assignment, group: group).answer())
                }
            } catch {
                return .failure(AttemptFailure.describe(error))
            }
        }
    }

    /// Blocks until the supervisor has sent a whole line; `nil` when it is gone.
    private static func firstLine(_ descriptor: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            line += chunk[..<count]
            // Nothing follows the line until this process has answered.
            if line.last == UInt8(ascii: "\n") { return line.dropLast() }
        }
    }

    /// Opens the session; a role that was made a moment ago may take a little to be known.
    private static func open(_ target: TargetSession?, on group: EventLoopGroup) throws -> Connection? {
        guard let target else { return nil }
        var configuration = Connection.Configuration()
        // A COPY waits as long as other work of the cluster makes it; the attempt's own time-out ends it.
        configuration.timeout = .seconds(7 * 86_400)
        let bounds = configuration
        return try group.runBlocking {
            let loop = group.loops[0]
            let deadline = ContinuousClock.now + connectPatience
            while true {
                do throws(PostgresError) {
                    return try await Connection.connect(
                        target.options, on: loop, blocking: group.blocking, configuration: bounds)
                } catch {
                    guard error.sqlState == "28000" || error.sqlState == "28P01", .now < deadline else { throw error }
                }
                try await loop.sleep(for: .milliseconds(20))
            }
        }
    }
}
