import Catalog
public import JSON
import Postgres
import Store

extension Queue {
    /// Puts a run in, with a task per step. It begins when the pipeline's running one, if any, has ended.
    ///
    /// - Throws: `Refusal` `conflict` while another run of the pipeline waits to begin: at most one runs, and one that
    ///   loads and one that replays wait.
    public func enqueue(
        _ pipeline: PipelineRef, cause: RunCause, parameters: JSONValue = .object([:])
    ) async throws -> RunID {
        let rows = try await sessions.withServerSession(.control) { connection in
            try await connection.query(
                """
                SELECT run_id, is_new FROM sluice.enqueue(
                    \(pipeline.id), \(pipeline.address), \(pipeline.domainID), \(JSONText(pipeline.spec.text)),
                    \(JSONText(parameters.text)), \(JSONText(cause.json.text)))
                """)
        }
        let run = RunID(try rows[0].decode(at: 0))
        guard try rows[0].decode(at: 1) else {
            guard case .replay = cause else {
                throw Refusal(
                    .conflict, "run \(run) of pipeline \(pipeline.address) is queued and has not begun",
                    hint: "It will do what this one would; or cancel it first.")
            }
            throw Refusal(
                .conflict, "run \(run), a replay of pipeline \(pipeline.address), is queued and has not begun",
                hint: "Repeat the request when it has begun, or cancel it first.")
        }
        wakeWorkers()
        return run
    }

    /// Asks a run to end: what is queued never begins, what runs is stopped by its worker. Returns the state before, or
    /// `nil` when there is no such run; a run that had ended is left as it is.
    public func cancel(_ run: RunID, by principal: String) async throws -> RunState? {
        let rows = try await sessions.withServerSession(.control) { connection in
            try await connection.query("SELECT sluice.cancel(\(run.value), \(principal))")
        }
        wakeWorkers()
        return try rows[0].decode(at: 0, as: String?.self).flatMap(RunState.init(rawValue:))
    }

    /// What `retry` did.
    public enum Retry: String, Sendable {
        case retried
        case notEnded = "not_ended"
        case succeeded
        /// Another run of the pipeline waits already.
        case pending
    }

    /// Queues a failed or cancelled run again, from the steps that did not succeed; `nil`: there is no such run.
    public func retry(_ run: RunID) async throws -> Retry? {
        let rows = try await sessions.withServerSession(.control) { connection in
            try await connection.query("SELECT sluice.retry(\(run.value))")
        }
        wakeWorkers()
        return try rows[0].decode(at: 0, as: String?.self).flatMap(Retry.init(rawValue:))
    }
}
