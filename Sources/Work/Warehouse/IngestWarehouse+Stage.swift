internal import Access
internal import Catalog
internal import Postgres
internal import Store

/// What an attempt finds in its stage (migration m0017).
enum TakenStage: String, Sendable, CaseIterable {
    /// Nothing: it is the unit's first.
    case new
    /// What an earlier attempt has staged.
    case resumed
    /// Nothing: a crash of Postgres has emptied what an earlier attempt had staged.
    case lost
    /// Nothing: the dataset's columns have changed since an earlier attempt staged rows.
    case changed
}

extension IngestWarehouse {
    /// Gives the attempt, whose fence is raised, the stage of its unit. An earlier attempt that writes it still is ended.
    func takeStage(_ dataset: Int64, role: String, epoch: Int64, of key: UnitKey) async throws -> TakenStage {
        for _ in 0..<Self.fenceAttempts {
            do {
                let word = try await sessions.withServerSession { connection in
                    try await connection.query(
                        "SELECT sluice.take_stage(\(dataset), \(epoch), \(key.run), \(key.step), \(key.unit))")[0]
                        .decode(at: 0, as: String.self)
                }
                guard let taken = TakenStage(rawValue: word) else {
                    throw Refusal(.internalError, "take_stage answers what it should not")
                }
                return taken
            } catch let error as PostgresError where error.sqlState == "55P03" {
                try await endSessions(role: role, before: epoch)
            }
        }
        throw Refusal(.policyChanging, "the stage is held by another attempt", hint: "It is tried again.")
    }

    /// Removes the stage of this attempt, which may be large.
    func dropStage(_ dataset: Int64, epoch: Int64) async throws {
        try await sessions.withServerSession { connection in
            try await connection.execute("SELECT sluice.drop_stage(\(dataset), \(epoch))")
        }
    }
}
