import Catalog
import Classification
import Foundation
import JSON
import Query
import Scheduling
import Store
import TestSupport
import Testing

@testable import API
@testable import Access
@testable import HTTPServer
@testable import Ingestion
@testable import Query
@testable import SQLSyntax

/// The numbers of `docs/limits.md` are those of the code.
@Suite struct LimitsTests {
    private static let server = ServerConfiguration()
    private static let sessions = SessionLimits()

    /// The first cell of a row of the page, and the number as it must stand in it.
    private static let rows: [(row: String, bound: String)] = [
        ("connections", number(server.maxConnections)),
        ("request line", bytes(server.headLimits.requestLineBytes)),
        ("header fields", number(server.headLimits.fieldCount)),
        ("header fields", bytes(server.headLimits.fieldBytes)),
        ("request body, any operation", bytes(Int(server.maxBodyBytes))),
        ("JSON body", "\(JSONLimits.standard.maxDepth) levels"),
        ("head of a request", seconds(server.headTimeout)),
        ("body", seconds(server.bodyTimeout)),
        ("idle connection", seconds(server.idleTimeout)),
        ("client that does not read", seconds(server.writeTimeout)),
        ("unsent answer in memory", bytes(server.highWaterBytes)),
        ("columns of a dataset", number(DatasetInput.maxColumns, grouped: false)),
        ("row filter", number(FilterExpression.maxBytes) + " bytes"),
        ("row filter", "\(FilterExpression.maxDepth) levels"),
        ("mask `count`, `to`", number(MaskSpec.maxCount)),
        ("token life", number(Change.maxTokenSeconds) + " s"),
        ("documents of one `apply`", number(ApplyDocument.maxCount)),
        ("`access/diff`", number(ProposedChange.maxCount)),
        ("`access/diff`", number(Governance.maxComparedDatasets)),
        ("`access/diff`", seconds(Governance.countingTime)),
        ("classification", number(ColumnSample.maxValues) + " rows"),
        ("classification", bytes(ColumnSample.maxValueBytes)),
        ("access request", number(AccessRequestInput.maxTextLength)),
        ("access request", number(AccessRequestInput.maxSeconds) + " s"),
        ("access request", number(Change.maxPendingRequests)),
        ("`Idempotency-Key`", number(IdempotencyKey.maxLength)),
        ("page of a list", number(Page.maxLimit)),
        ("page of a list", number(Page.defaultLimit)),
        ("page of quarantine", bytes(QuarantineList.maxPageBytes)),
        ("search", number(Search.maxLength)),
        ("backends in all", number(sessions.total)),
        ("backends in all", number(sessions.reserved)),
        ("backends of one principal", number(sessions.perRole)),
        ("callers that wait", number(sessions.waiting)),
        ("callers that wait", seconds(sessions.patience)),
        ("idle session", seconds(sessions.idle)),
        ("token remembered", number(Authenticator.maxRemembered)),
        ("datasets of a statement whose columns are named", number(QuerySubject.maxDatasets)),
        ("ids of a seal", number(Int(AuditSealer.batchSize))),
        ("faults of a verification", number(AuditVerifier.maxFaults)),
        ("heads given to a verification", number(API.maxHeads)),
        ("a piece of a verification", seconds(API.verificationBudget)),
        ("days of retention", number(Change.maxRetentionDays)),
        ("seals erased at once", number(AuditEraser.maxSeals)),
        ("seals erased at once", number(Int(AuditEraser.maxEntries))),
        ("loads at once", number(LoadSlots.limit)),
        ("steps of a pipeline", number(PipelineSpec.maxSteps)),
        ("columns that a step declares", number(IngestSpec.maxColumns)),
        ("checks of a step", number(IngestSpec.maxChecks)),
        ("a check", number(CheckSpec.maxPatternBytes)),
        ("a check", number(CheckSpec.maxMembers)),
        ("a check", number(CheckSpec.maxColumns)),
        ("time-out of an attempt", "\(PipelineSpec.maxTimeoutSeconds / 86_400) days"),
        ("a secret", number(ConnectionSecret.maxBytes)),
        ("`url` of a web server", number(HTTPServerAddress.maxURLBytes)),
        ("log of a run", number(LogLine.maxMessageLength)),
        ("clients that follow runs", number(Followers.limit)),
        ("`next-runs`", number(API.maxNextRuns)),
        ("a cron expression", number(Cron.maxLength)),
        ("statement", number(Parser.maxTokens)),
        ("statement", number(Parser.maxNesting)),
        ("result in one piece", bytes(StatementRunner.completeBytes)),
        ("result in one piece", bytes(StatementRunner.chunkBytes)),
        ("`limit` of `GET …/rows`", number(RowsRequest.maxLimit)),
        ("`limit` of `GET …/rows`", number(RowsRequest.defaultLimit)),
        ("conditions in all parameters", number(RowsRequest.maxConditions)),
    ]

    @Test func everyBoundThatCodeNamesStandsInThePage() throws {
        let lines = try Repository.text("docs/limits.md").split(separator: "\n").map(String.init)
        for (row, bound) in Self.rows {
            let found = lines.filter { $0.hasPrefix("| \(row) |") }
            #expect(!found.isEmpty, "docs/limits.md has no row \(row)")
            #expect(found.contains { Self.says($0, bound) }, "docs/limits.md, \(row): the code has \(bound)")
        }
    }

    /// Whether the number stands there by itself, not as a part of another.
    private static func says(_ line: String, _ bound: String) -> Bool {
        line.ranges(of: bound).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...]
            let goesOn =
                after.first?.isNumber == true || (after.first == "," && after.dropFirst().first?.isNumber == true)
            return before?.isNumber != true && before != "," && !goesOn
        }
    }

    private static func number(_ value: Int, grouped: Bool = true) -> String {
        let digits = Array("\(value)")
        guard grouped, digits.count > 3 else { return String(digits) }
        return digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
        }.joined()
    }

    private static func bytes(_ value: Int) -> String {
        let units: [(String, Int)] = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
        let unit = units.first { value >= 1 << $0.1 && value.isMultiple(of: 1 << $0.1) } ?? ("bytes", 0)
        return "\(number(value >> unit.1)) \(unit.0)"
    }

    private static func seconds(_ value: Duration) -> String { "\(number(Int(value.components.seconds))) s" }
}
