import Access
import Catalog
import HTTPServer
import Postgres

extension API {
    static func addAccessRequests(to router: inout Router<Platform>) {
        Collection(
            kind: .accessRequest, path: "/access-requests",
            make: { try await $0.requestAccess($1.body) },
            actions: [
                "approve": { try await $0.approveAccess($1.name, $1.body, $1.precondition) },
                "deny": { try await $0.denyAccess($1.name, $1.body, $1.precondition) },
                "withdraw": { try await $0.withdrawAccess($1.name, $1.body, $1.precondition) },
            ],
            filters: [
                "state": { "body->>'state' = \($0)" }, "dataset": { "body->>'dataset' = \($0)" },
                "by": { "body->>'by' = \($0)" },
                "waitsFor": { waits(for: $0) },
            ]
        ).register(in: &router)
    }

    /// Requests that `subject` (`user:x` or `group:x`) is to answer, itself or as a member of a group.
    private static func waits(for subject: String) -> SQL {
        """
        EXISTS (
            SELECT FROM json_array_elements_text(body->'waitsFor') AS w (name)
            WHERE w.name = \(subject) OR w.name IN (
                SELECT 'group:' || g.name FROM sluice.membership AS m
                JOIN sluice.principal_group AS g ON g.id = m.group_id
                JOIN sluice.principal AS p ON p.id = m.principal_id
                WHERE 'user:' || p.name = \(subject)))
        """
    }
}
