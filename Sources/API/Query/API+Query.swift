import Access
import Catalog
import EventLoop
import HTTPServer
import JSON
import Postgres
import Query
import SQLSyntax
import Store

extension API {
    static func addQuery(to router: inout Router<Platform>) {
        router.on(.post, base + "/query") { request, platform in
            _ = try await platform.caller(of: request)
            try platform.checkIntact()
            try request.allow(parameters: "format")
            let format = try request.resultFormat(named: request.single("format"))
            let body = try await request.json(upTo: QueryInput.maxBytes)
            let input = try Refusal.reading(body) { QueryInput(&$0) }
            let caller = try await platform.actor(of: request, for: input.purpose)
            let reading = try await input.checked(platform)
            let answer = GovernedAnswer(
                platform: platform, format: format, policyVersion: caller.policyVersion, isDurable: true)
            let entry = ReadEntry(
                try await QuerySubject(reading, caller).subject(on: "query", platform.sources),
                requestID: request.requestID, statement: input.sql, fingerprint: reading.fingerprint)
            do {
                let result = try await platform.runner.run(
                    input.statement(reading), as: .query(role: caller.role), within: .seconds(input.timeoutSeconds),
                    writing: FormattedRows(
                        format.makeWriter(numbersAsStrings: request.prefersNumbersAsStrings),
                        until: .count(input.maxRows == 0 ? nil : input.maxRows)))
                return try await answer.response(result, entry) { _ in nil }
            } catch let refusal as Refusal {
                var entry = entry
                entry.decision = refusal.code == .forbidden ? .refused : .failed
                entry.code = refusal.code.rawValue
                entry.duration = .now - answer.start
                try await platform.readAudit.append(entry, durably: false)
                throw refusal
            }
        }
    }
}

/// The body of `POST /query`.
struct QueryInput: Sendable {
    static let maxBytes = 2 << 20
    static let maxParameters = 1000
    static let maxSeconds = 300

    var sql: String
    var parameters: [JSONValue]
    var maxRows: Int
    var timeoutSeconds: Int
    var purpose: String?

    init(_ fields: inout JSONFields) {
        sql = fields.required("sql")
        parameters = fields.optional("parameters") ?? []
        if parameters.count > Self.maxParameters {
            fields.reject("parameters", "must have at most \(Self.maxParameters) values")
        }
        maxRows = fields.optional("maxRows", in: 0...Int(Int32.max)) ?? 10_000
        timeoutSeconds = fields.optional("timeoutSeconds", in: 1...Self.maxSeconds) ?? 30
        purpose = fields.optional("purpose")
    }

    /// The statement with its parameters bound as text: Postgres takes each for the type its place asks for.
    func statement(_ reading: ReadingStatement) -> SQL {
        SQL(unsafe: reading.text, parameters: parameters.map(\.parameterText))
    }

    /// What the statement reads; refuses what is no single reading statement.
    func checked(_ platform: Platform) async throws -> ReadingStatement {
        let reading: ReadingStatement
        do {
            let sql = sql
            // Parsing takes a millisecond per 100 kB: long texts must not hold up the loop.
            reading =
                sql.utf8.count <= 4096
                ? try ReadingStatement(checking: sql)
                : try await platform.blocking.run { try ReadingStatement(checking: sql) }
        } catch let error as SQLSyntaxError {
            throw Refusal(reading: error)
        }
        guard reading.parameterCount == parameters.count else {
            throw Refusal.invalid(
                at: "/parameters", "has \(parameters.count) values, the statement uses $\(reading.parameterCount)")
        }
        return reading
    }
}

extension JSONValue {
    /// As Postgres reads a parameter of unknown type; arrays and objects as JSON text.
    fileprivate var parameterText: String? {
        switch self {
        case .null: nil
        case .bool(let truth): truth ? "true" : "false"
        case .number(let text), .string(let text): text
        case .array, .object: text
        }
    }
}
