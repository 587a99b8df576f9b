import Access
import HTTPServer
import Postgres
import Query
import Store

/// A read by key that is answered without suspending, since all it needs to know is remembered: caller, dataset, plan,
/// and an open session. What a service sends by the thousand is answered here; for anything else, and for whatever goes
/// wrong, the route's handler sees to the request from its beginning. A read may be done twice; it is audited once.
struct PromptRead: Sendable {
    private let platform: Platform
    private let request: Request
    private let caller: Caller
    private let plan: RowsPlan
    private let sql: SQL
    private let format: ResultFormat

    /// Answers `request` by `answer`, `nil` where the handler has to.
    static func answer(
        _ request: Request, _ platform: Platform, _ answer: @escaping @Sendable (Response?) -> Void
    ) {
        guard let read = PromptRead(request, platform) else { return answer(nil) }
        let begun = platform.pipelines.ask(read.sql, role: read.caller.role) { rows in
            guard let rows else { return answer(nil) }
            read.finish(rows, answer)
        }
        if !begun { answer(nil) }
    }

    private init?(_ request: Request, _ platform: Platform) {
        guard request.method == .get, !request.fields.contains(Platform.purposeField),
            let name = Self.dataset(in: request.target.segments),
            let caller = platform.authenticator.remembered(request), platform.integrity.isIntact,
            let source = platform.sources.remembered(name, for: caller),
            let (plan, sql) = source.pointReads.find(request.query.items, policyVersion: caller.policyVersion),
            let format = try? request.resultFormat(named: plan.request.format)
        else { return nil }
        self.platform = platform
        self.request = request
        self.caller = caller
        self.plan = plan
        self.sql = sql
        self.format = format
        request.exchange.route = API.rowsPath
        request.exchange.principal = caller.name
    }

    /// The `{name}` of `API.rowsPath`: looked at before the router is, which finds any path.
    private static func dataset(in segments: [String]) -> String? {
        guard segments.count == 5, segments[4] == "rows", segments[2] == "datasets", segments[1] == "v1",
            segments[0] == "api"
        else { return nil }
        return segments[3]
    }

    private func finish(_ rows: RowSet, _ answer: @escaping @Sendable (Response?) -> Void) {
        do {
            let (bytes, summary) = try plan.formatted(
                rows, as: format, numbersAsStrings: request.prefersNumbersAsStrings)
            let response = Response(200, prepared: plan.fields(format), bytes: bytes)
            var entry = ReadEntry(plan.subject, requestID: request.requestID)
            entry.duration = .now - request.exchange.start
            entry.rowCount = summary.rowCount
            entry.byteCount = bytes.count
            if plan.isDurable {
                platform.readAudit.append(entry) { failure in answer(failure == nil ? response : nil) }
            } else {
                answer(try platform.readAudit.appendUnlessFull(entry) ? response : nil)
            }
        } catch {
            // The handler will meet the same and tell it.
            answer(nil)
        }
    }
}
