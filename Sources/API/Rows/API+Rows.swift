import Access
import Catalog
import Cryptography
import HTTPServer
import Postgres
import Query
import Store

extension API {
    /// How long a read of rows may take.
    static let rowsBudget = Duration.seconds(300)

    static func addRows(to router: inout Router<Platform>) {
        router.on(.get, base + "/datasets/{name}/rows") { request, platform in
            let caller = try await platform.caller(of: request)
            try platform.checkIntact()
            let address = try DatasetAddress.path(request.name())
            let source = try await platform.sources.source(of: address, for: caller)
            let read = try RowsRead(request, source, caller, platform.cursorKey)
            return try await read.respond(platform)
        }
    }
}

/// One `GET …/rows`.
private struct RowsRead {
    let request: Request
    let source: DatasetSource
    let caller: Caller
    let rows: RowsRequest
    let statement: RowsStatement
    let format: ResultFormat
    let numbersAsStrings: Bool
    let cursorKey: SecretKey

    init(_ request: Request, _ source: DatasetSource, _ caller: Caller, _ cursorKey: SecretKey) throws {
        self.request = request
        self.source = source
        self.caller = caller
        self.cursorKey = cursorKey
        do throws(RowsError) {
            rows = try RowsRequest(parsing: request.query.items.map { ($0.name, $0.value) }, of: source.rows)
            statement = try RowsStatement(
                rows, of: source.rows, subject: "\(caller.principalID)", key: cursorKey)
        } catch {
            throw Refusal(
                error.code == .invalidCursor ? .invalidCursor : .invalidParameter,
                "\(error.parameter): \(error.message)")
        }
        format = try request.resultFormat(named: rows.format)
        numbersAsStrings = request.prefersNumbersAsStrings
    }

    func respond(_ platform: Platform) async throws -> Response {
        var entry = ReadEntry(
            principal: caller.name, surface: "rows", datasets: ["\(source.rows.domain).\(source.rows.dataset)"],
            columns: rows.select.map { "\(source.rows.domain).\(source.rows.dataset).\($0.name)" },
            policyVersion: caller.policyVersion, requestID: request.requestID)
        let answer = GovernedAnswer(
            platform: platform, format: format, policyVersion: caller.policyVersion,
            isDurable: rows.select.contains { source.taggedColumns.contains($0.name) })
        do {
            if statement.isPointRead { return try await pointRead(answer, entry) }
            let writing = FormattedRows(
                format.makeWriter(numbersAsStrings: numbersAsStrings),
                until: statement.limit == nil ? .count(nil) : .pager(RowsPager(statement), cursorKey),
                visibleColumns: statement.visibleColumns)
            let result = try await platform.runner.run(
                statement.sql, as: .rows(role: caller.role), within: API.rowsBudget, writing: writing)
            return try await answer.response(result, entry) { nextLink($0) }
        } catch let error as PostgresError where ["42501", "42P01"].contains(error.sqlState) {
            entry.decision = .refused
            entry.code = RefusalCode.notFound.rawValue
            try await platform.readAudit.append(entry, durably: false)
            throw Refusal.notFound("dataset \(source.rows.domain).\(source.rows.dataset)")
        }
    }

    /// By primary key: through the pipelined session that all such reads of the principal share.
    private func pointRead(_ answer: GovernedAnswer, _ entry: ReadEntry) async throws -> Response {
        let found = try await fetchRetrying(answer.platform)
        var rows = FormattedRows(
            format.makeWriter(numbersAsStrings: numbersAsStrings), until: .count(nil),
            visibleColumns: statement.visibleColumns)
        let (bytes, summary) = try rows.whole(found)
        return try await answer.response(.complete(bytes, summary), entry) { _ in nil }
    }

    /// A read that collides with a change of policy is repeated once.
    private func fetchRetrying(_ platform: Platform) async throws -> RowSet {
        do {
            return try await platform.pipelines.fetch(statement.sql, role: caller.role)
        } catch let error as PostgresError where error.isPolicyChange {
            return try await platform.pipelines.fetch(statement.sql, role: caller.role)
        }
    }

    /// The same request with the next page's cursor (RFC 8288).
    private func nextLink(_ cursor: String) -> String {
        let items =
            request.query.items.filter { $0.name != "cursor" }.map { ($0.name, $0.value) } + [("cursor", cursor)]
        let query = items.map { "\(PercentCoding.encode($0))=\(PercentCoding.encode($1))" }
        return "<\(request.path)?\(query.joined(separator: "&"))>; rel=\"next\""
    }
}
