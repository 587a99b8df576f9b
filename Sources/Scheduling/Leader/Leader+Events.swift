import Postgres
import Store

/// The leader's duties in `warehouse` (migrations m0017 and m0018). Their term is checked there: the row that holds it
/// knows the highest that has numbered anything.
extension Leader {
    /// Numbers data events that have become visible; returns whether more are there.
    func numberEvents(_ term: Int64) async throws -> Bool {
        for _ in 0..<Self.batch {
            let numbered: Int64 = try await callWarehouse("SELECT sluice.number_events(\(term))")[0].decode(at: 0)
            if numbered < 1000 { return false }
        }
        return true
    }

    /// Removes old data events and forgotten stages, a bounded number each.
    func retainWarehouse(_ term: Int64) async throws {
        let days = Int32(retention.eventDays)
        for _ in 0..<Self.batch {
            let removed: Int64 = try await callWarehouse("SELECT sluice.retain_events(\(term), \(days))")[0].decode(
                at: 0)
            if removed < 1000 { break }
        }
        _ = try await callWarehouse("SELECT sluice.drop_idle_stages()")
    }

    private func callWarehouse(_ sql: SQL) async throws -> [Row] {
        try await queue.sessions.withServerSession { connection in try await connection.query(sql) }
    }
}
