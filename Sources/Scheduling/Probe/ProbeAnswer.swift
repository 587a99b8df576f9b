public import Catalog
public import JSON

/// What a worker answers: nothing but these shapes leaves it, whatever a job process wrote.
public enum ProbeAnswer: Sendable, Hashable {
    /// To `test`, whether it works or not.
    case report(ConnectionReport)
    /// To `browse` and `inspect`.
    case page(SourcePage)
    /// Why there is neither.
    case problem(RunProblem)
}

/// Whether a connection works now, and where it stops.
public struct ConnectionReport: Sendable, Hashable {
    /// In their order; the first that fails is the last.
    public var checks: [ConnectionCheck]
    /// Why it does not work; the codes are those of a run.
    public var error: RunProblem?
    /// How long it took to look.
    public var elapsedMilliseconds: Int

    public init(checks: [ConnectionCheck], error: RunProblem?, elapsedMilliseconds: Int) {
        self.checks = checks
        self.error = error
        self.elapsedMilliseconds = elapsedMilliseconds
    }

    public var json: JSONValue {
        [
            "ok": .bool(error == nil), "checks": .array(checks.map(\.json)), "error": error?.json ?? .null,
            "elapsedMilliseconds": JSONValue(elapsedMilliseconds),
        ]
    }

    init(_ fields: inout JSONFields) {
        _ = fields.raw("ok")
        checks = fields.objects("checks") { ConnectionCheck(&$0) }
        error = fields.optionalObject("error") { RunProblem(&$0) }
        elapsedMilliseconds = fields.required("elapsedMilliseconds")
    }
}

extension ProbeAnswer {
    public var json: JSONValue {
        switch self {
        case .report(let report): ["report": report.json]
        case .page(let page): ["page": page.json]
        case .problem(let problem): ["problem": problem.json]
        }
    }

    /// Reads what ``json`` wrote.
    public static func parse(_ value: JSONValue) throws(JSONFieldErrors) -> ProbeAnswer {
        let (report, page, problem) = try JSONFields.read(value) { fields in
            let answers = (
                fields.optionalObject("report") { ConnectionReport(&$0) },
                fields.optionalObject("page") { SourcePage(&$0) },
                fields.optionalObject("problem") { RunProblem(&$0) }
            )
            if answers.0 == nil, answers.1 == nil, answers.2 == nil { fields.reject("is no answer") }
            return answers
        }
        if let report { return .report(report) }
        if let page { return .page(page) }
        return .problem(problem ?? RunProblem(code: "", title: ""))
    }
}

extension RunProblem {
    /// Reads what ``json`` wrote.
    init(_ fields: inout JSONFields) {
        _ = fields.raw("type")
        let errors: [JSONValue]? = fields.optional("errors")
        self.init(
            code: fields.required("code"), title: fields.required("title"), detail: fields.optional("detail"),
            hint: fields.optional("hint"), errors: errors ?? [])
    }
}
