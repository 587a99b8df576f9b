import Catalog
public import JSON
import Postgres

extension Change {
    /// The one object's address.
    public static let auditRetention = "of the audit"
    /// The most days that may be asked for.
    static let maxRetentionDays = 36_500

    /// `PUT /audit/retention`.
    public func putAuditRetention(_ body: JSONValue, _ precondition: Precondition) async throws -> Outcome {
        try requirePlatform()
        let days = try Refusal.reading(body) { fields -> Int? in
            if fields.raw("days") == nil { fields.reject("days", "is required; null keeps the audit for good") }
            return fields.optional("days", in: 1...Self.maxRetentionDays)
        }
        return try await keepingDifferences {
            try await put(.auditRetention, at: Self.auditRetention, precondition) { _ in
                try await connection.execute(
                    """
                    UPDATE sluice.audit_retention SET days = \(days)::int, version = version + 1, updated_at = now()
                    """)
            }
        }
    }
}
