import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store

extension API {
    static func addHealth(to router: inout Router<Platform>) {
        // Touches nothing: says that the loops turn.
        router.on(.get, "/healthz") { _, _ in .text("ok\n") }
        router.on(.get, "/readyz") { _, platform in
            var faults: [JSONValue] = []
            do {
                try await platform.sessions.withServerSession { _ = try await $0.query("SELECT 1") }
            } catch {
                faults.append(["object": "database", "problem": "does not answer"])
            }
            for drift in platform.integrity.drift ?? [Drift(object: "enforcement", problem: "has not been checked yet")]
            {
                faults.append(["object": .string(drift.object), "problem": .string(drift.problem)])
            }
            return .json(
                ["ready": .bool(faults.isEmpty), "faults": .array(faults)], status: faults.isEmpty ? 200 : 503)
        }
    }
}
