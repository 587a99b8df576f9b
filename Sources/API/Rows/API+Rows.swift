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

    static let rowsPath = base + "/datasets/{name}/rows"

    static func addRows(to router: inout Router<Platform>) {
        router.on(.get, rowsPath) { request, platform in
            let noted = request.fields.contains(Platform.purposeField) ? nil : platform.authenticator.noted(request)
            let caller = if let noted { noted } else { try await platform.actor(of: request) }
            try platform.checkIntact()
            for _ in 0..<rowsAttempts {
                do {
                    return try await rows(request, platform, caller)
                } catch let error as PostgresError where error.isOfOldColumns {
                    platform.sources.forget()
                }
            }
            throw Refusal(
                .policyChanging, "the columns of the dataset changed meanwhile", hint: "Run the request again.")
        }
    }

    /// How often a read is tried whose dataset got other columns between the look at them and the statement.
    private static let rowsAttempts = 3

    private static func rows(_ request: Request, _ platform: Platform, _ caller: Caller) async throws -> Response {
        let source = try await platform.sources.source(named: request.name(), for: caller)
        let read =
            if let (plan, sql) = source.pointReads.find(request.query.items, policyVersion: caller.policyVersion) {
                try RowsRead(request, source, caller, platform.cursorKey, plan, sql)
            } else {
                try RowsRead(request, source, caller, platform.cursorKey)
            }
        return try await read.respond(platform)
    }
}

extension PostgresError {
    /// Whether a statement named a column that has gone, or was prepared when one had another type.
    fileprivate var isOfOldColumns: Bool { sqlState == "42703" || isStalePlan }
}

/// One `GET …/rows`.
private final class RowsRead: Sendable {
    let request: Request
    let source: DatasetSource
    let caller: Caller
    let plan: RowsPlan
    let sql: SQL
    let format: ResultFormat
    let numbersAsStrings: Bool
    let cursorKey: SecretKey

    /// A read by key as there was one before.
    init(
        _ request: Request, _ source: DatasetSource, _ caller: Caller, _ cursorKey: SecretKey,
        _ plan: RowsPlan, _ sql: SQL
    ) throws {
        self.request = request
        self.source = source
        self.caller = caller
        self.cursorKey = cursorKey
        self.plan = plan
        self.sql = sql
        format = try request.resultFormat(named: plan.request.format)
        numbersAsStrings = request.prefersNumbersAsStrings
    }

    init(_ request: Request, _ source: DatasetSource, _ caller: Caller, _ cursorKey: SecretKey) throws {
        self.request = request
        self.source = source
        self.caller = caller
        self.cursorKey = cursorKey
        let parameters = request.query.items.map { (name: $0.name, value: $0.value) }
        let rows: RowsRequest
        let statement: RowsStatement
        do throws(RowsError) {
            rows = try RowsRequest(parsing: parameters, of: source.rows)
            statement = try RowsStatement(
                rows, of: source.rows, subject: caller.role, key: cursorKey)
        } catch {
            throw Refusal(
                error.code == .invalidCursor ? .invalidCursor : .invalidParameter,
                "\(error.parameter): \(error.message)")
        }
        sql = statement.sql
        let subject = ReadEntry.Subject(
            principal: caller.name, actingFor: caller.purpose, surface: "rows", datasets: [source.address],
            columns: rows.select.map { "\(source.address).\($0.name)" }, policyVersion: caller.policyVersion)
        plan = RowsPlan(
            rows, statement, subject: subject,
            isDurable: rows.select.contains { source.taggedColumns.contains($0.name) })
        format = try request.resultFormat(named: rows.format)
        numbersAsStrings = request.prefersNumbersAsStrings
        if let shape = PointReadShape(rows, statement, parameters: parameters, of: source.rows) {
            source.pointReads.remember(shape, plan)
        }
    }

    func respond(_ platform: Platform) async throws -> Response {
        var entry = ReadEntry(plan.subject, requestID: request.requestID)
        let answer = GovernedAnswer(
            platform: platform, format: format, policyVersion: caller.policyVersion, isDurable: plan.isDurable)
        do {
            if plan.statement.isPointRead { return try await pointRead(answer, entry) }
            let statement = plan.statement
            let writing = FormattedRows(
                format.makeWriter(numbersAsStrings: numbersAsStrings),
                until: statement.limit == nil ? .count(nil) : .pager(RowsPager(statement), cursorKey))
            let result = try await platform.runner.run(
                sql, as: .rows(role: caller.role), within: API.rowsBudget, writing: writing)
            return try await answer.response(result, entry) { self.nextLink($0) }
        } catch let error as PostgresError where ["42501", "42P01"].contains(error.sqlState) {
            let refusal = try await refusal(error, platform)
            entry.decision = .refused
            entry.code = refusal.code.rawValue
            try await platform.readAudit.append(entry, durably: false)
            throw refusal
        }
    }

    /// What a read that Postgres refused is to the caller: forbidden, or of nothing that it knows of.
    private func refusal(_ error: PostgresError, _ platform: Platform) async throws -> Refusal {
        let isVisible = try await platform.sessions.withServerSession { connection in
            // What is remembered of both may be older than the refusal.
            guard let caller = try await caller.readAgain(on: connection),
                let address = DatasetAddress(source.address)
            else { return false }
            let condition =
                ObjectKind.dataset.condition(address: "\(address)") + " AND \(raw: caller.visible(.dataset))"
            return try await !Document.select(.dataset, where: condition, limit: 1, on: connection).isEmpty
        }
        guard isVisible, error.sqlState == "42501" else { return .notFound("dataset \(source.address)") }
        // A grant with `ungranted: error` names the column; what else Postgres says is about objects behind the dataset.
        let isColumn = error.message.hasPrefix("permission denied for column ")
        return Refusal(
            .forbidden,
            isColumn
                ? "\(error.message) of dataset \(source.address)"
                : "you may see dataset \(source.address), but hold no grant to read it",
            hint: "POST /access/explain shows what is closed, and the access request that would open it.")
    }

    /// By primary key: through the pipelined session that all such reads of the principal share.
    private func pointRead(_ answer: GovernedAnswer, _ entry: ReadEntry) async throws -> Response {
        let found = try await fetchRetrying(answer.platform)
        let (bytes, summary) = try plan.formatted(found, as: format, numbersAsStrings: numbersAsStrings)
        return try await answer.response(.complete(bytes, summary), entry) { _ in nil }
    }

    /// A read that collides with a change of policy is repeated once.
    private func fetchRetrying(_ platform: Platform) async throws -> RowSet {
        do {
            return try await platform.pipelines.fetch(sql, role: caller.role)
        } catch let error as PostgresError where error.isPolicyChange {
            return try await platform.pipelines.fetch(sql, role: caller.role)
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
