import HTTPServer
import Postgres
import Query
import Synchronization

/// The shapes in which one principal reads one dataset by key, of late: a program asks the same again and again.
final class PointReadShapes: Sendable {
    /// What is the same for all reads of a shape.
    final class Shape: Sendable {
        let read: PointReadShape
        /// `domain.dataset.column`, for the audit.
        let auditedColumns: [String]
        /// Whether a column bears a tag, so that the answer waits for its audit entry.
        let isDurable: Bool

        init(_ read: PointReadShape, auditedColumns: [String], isDurable: Bool) {
            self.read = read
            self.auditedColumns = auditedColumns
            self.isDurable = isDurable
        }
    }

    private static let limit = 8
    private let shapes = Mutex<[Shape]>([])

    /// The shape of the request with these parameters, and its statement.
    func find(_ items: [HTTPServer.Query.Item]) -> (shape: Shape, sql: SQL)? {
        let shapes = shapes.withLock { $0 }
        for shape in shapes {
            if let sql = shape.read.sql(count: items.count, parameter: { (items[$0].name, items[$0].value) }) {
                return (shape, sql)
            }
        }
        return nil
    }

    /// Takes the place of the oldest when there are too many.
    func remember(_ shape: Shape) {
        shapes.withLock { shapes in
            if shapes.count >= Self.limit { shapes.removeFirst() }
            shapes.append(shape)
        }
    }
}
