import JSON
import Postgres
import Store

extension Queue {
    /// The most lines written in one statement.
    static let logBatch = 500

    /// Appends to the log of the claim's run; works also when the lease is gone. A run keeps its first 100,000 lines.
    public func log(_ lines: [LogLine], of claim: Claim) async throws {
        for start in stride(from: 0, to: lines.count, by: Self.logBatch) {
            let batch = JSONValue.array(lines[start..<min(start + Self.logBatch, lines.count)].map(\.json))
            try await sessions.withServerSession(.control) { connection in
                _ = try await connection.query(
                    """
                    SELECT sluice.append_log(
                        \(claim.run.value), \(claim.step), \(claim.attempt)::int, \(JSONText(batch.text)))
                    """)
            }
        }
    }
}

extension LogLine {
    fileprivate var json: JSONValue {
        JSONValue.object([
            "level": .string(level.rawValue), "message": .string(message), "fields": .object(fields),
        ]).storable
    }
}
