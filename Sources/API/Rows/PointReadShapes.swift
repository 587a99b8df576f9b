import Access
import EventLoop
import HTTPServer
import Postgres
import Query

/// The shapes in which one principal reads one dataset by key, of late: a program asks the same again and again.
final class PointReadShapes: Sendable {
    private struct Entry {
        let shape: PointReadShape
        let plan: RowsPlan
    }

    private static let limit = 8
    private let entries = Locked<[Entry]>([])

    /// The plan of the request with these parameters and its statement, unless the policy has changed since.
    func find(_ items: [HTTPServer.Query.Item], policyVersion: Int64) -> (plan: RowsPlan, sql: SQL)? {
        let entries = entries.withLock { $0 }
        for entry in entries where entry.plan.subject.policyVersion == policyVersion {
            if let sql = entry.shape.sql(count: items.count, parameter: { (items[$0].name, items[$0].value) }) {
                return (entry.plan, sql)
            }
        }
        return nil
    }

    /// Takes the place of the oldest when there are too many.
    func remember(_ shape: PointReadShape, _ plan: RowsPlan) {
        entries.withLock { entries in
            if entries.count >= Self.limit { entries.removeFirst() }
            entries.append(Entry(shape: shape, plan: plan))
        }
    }
}
