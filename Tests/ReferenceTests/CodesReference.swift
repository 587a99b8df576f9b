import Catalog
import Scheduling
import Work

@testable import HTTPServer

/// Every code of a problem, by the HTTP status it comes with.
enum CodesReference {
    static var table: MarkdownTable {
        var codes: [Int: Set<String>] = [:]
        for code in RefusalCode.allCases { codes[code.status, default: []].insert(code.rawValue) }
        let problems =
            WireError.allCases.map(\.problem)
            + [.internalError, .notFound(), .methodNotAllowed([]), .bodyTooLarge(limit: 0), .draining]
            + [.tooManyConnections]
        for problem in problems { codes[problem.status.code, default: []].insert(problem.code) }
        var table = MarkdownTable(head: ["answered with", "codes"])
        for (status, found) in codes.sorted(by: { $0.key < $1.key }) {
            table.rows.append(["\(status)", links(found)])
        }
        table.rows.append([
            "in `error` of a run or step", links(Set(QueueCode.allCases.map(\.rawValue) + JobFailure.codes)),
        ])
        return table
    }

    private static func links(_ codes: Set<String>) -> String {
        codes.sorted().map { "[\($0)](errors.md#\($0))" }.joined(separator: ", ")
    }
}
