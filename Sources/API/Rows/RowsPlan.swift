import Access
import EventLoop
import HTTPServer
import Postgres
import Query

/// What a read of rows amounts to, found out once for all reads by key of one shape.
final class RowsPlan: Sendable {
    /// As asked the first time.
    let request: RowsRequest
    let statement: RowsStatement
    /// For the audit.
    let subject: ReadEntry.Subject
    /// Whether a column bears a tag, so that the answer waits for its audit entry.
    let isDurable: Bool

    private struct Begun {
        let format: ResultFormat
        let numbersAsStrings: Bool
        var rows: BegunRows?
    }

    /// Of the answers to reads by key, by format.
    private let fields: [PreparedFields]

    /// Of the format last asked for.
    private let begun = Locked<Begun?>(nil)

    init(_ request: RowsRequest, _ statement: RowsStatement, subject: ReadEntry.Subject, isDurable: Bool) {
        self.request = request
        self.statement = statement
        self.subject = subject
        self.isDurable = isDurable
        fields =
            !statement.isPointRead
            ? []
            : ResultFormat.allCases.map { format in
                var fields = GovernedAnswer.fields(policyVersion: subject.policyVersion)
                fields.append("Content-Type", format.contentType)
                return PreparedFields(fields)
            }
    }

    /// The fields of the answer to a read by key.
    func fields(_ format: ResultFormat) -> PreparedFields {
        fields[ResultFormat.allCases.firstIndex(of: format) ?? 0]
    }

    /// The bytes of a result that is in memory already.
    func formatted(
        _ found: RowSet, as format: ResultFormat, numbersAsStrings: Bool
    ) throws -> ([UInt8], ResultSummary) {
        var known = begun.withLock { $0 }
        if known?.format != format || known?.numbersAsStrings != numbersAsStrings { known = nil }
        var begun = known?.rows
        let isNew = begun == nil
        var rows = FormattedRows(format.makeWriter(numbersAsStrings: numbersAsStrings), until: .count(nil))
        let result = try rows.whole(found, after: &begun)
        if isNew {
            self.begun.withLock {
                $0 = Begun(format: format, numbersAsStrings: numbersAsStrings, rows: begun)
            }
        }
        return result
    }
}
