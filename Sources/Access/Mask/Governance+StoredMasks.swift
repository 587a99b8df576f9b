import Postgres
import Store

extension Governance {
    /// Blocks of 8 KiB that one call fills: about 0.1 s, the longest that a load waits for rows that are being filled.
    static let filledBlocks: Int64 = 128

    /// Computes the stored masks of a few more rows that were there before their mask. Whether to call again right away.
    public func fillStoredMasks() async throws -> Bool {
        try await sessions.withServerSession { connection in
            let rows = try await connection.query("SELECT sluice.fill_stored_mask(\(Self.filledBlocks))")
            return try rows[0].decode(at: 0, as: String.self) == "more"
        }
    }
}
