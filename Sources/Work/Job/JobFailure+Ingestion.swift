internal import Ingestion
internal import JSON

extension JobFailure {
    static let outOfSpace = (code: "out_of_space", title: "The warehouse has no space left")

    /// The codes that attempts fail with, besides those that requests are refused with. `docs/errors.md` explains them.
    public static let codes =
        SourceFailure.Code.allCases.map(\.rawValue) + SinkFailure.Code.allCases.map(\.rawValue) + [outOfSpace.code]

    init(_ failure: SourceFailure) {
        self.init(
            code: failure.code.rawValue, title: failure.code.title, detail: failure.detail, hint: failure.hint,
            errors: failure.line == nil && failure.column == nil
                ? [] : [Self.place(line: failure.line, column: failure.column, detail: failure.detail)],
            isRetryable: failure.isRetryable)
    }

    init(_ failure: SinkFailure) {
        self.init(
            code: failure.code.rawValue, title: failure.code.title, detail: failure.detail, hint: failure.hint,
            errors: failure.rows.map { Self.place(line: $0.line, column: $0.column, rule: $0.rule, detail: $0.error) },
            isRetryable: failure.code == .fenced)
    }

    private static func place(line: Int?, column: String?, rule: String? = nil, detail: String) -> JSONValue {
        var object: JSONObject = [:]
        object["line"] = line.map { JSONValue($0) }
        object["column"] = column.map(JSONValue.string)
        object["rule"] = rule.map(JSONValue.string)
        object["detail"] = .string(detail)
        return .object(object)
    }
}

extension SourceFailure.Code {
    /// The code in words: the problem's title.
    var title: String {
        switch self {
        case .sourceUnreadable: "The source cannot be read"
        case .sourceRefused: "The source may not be used"
        case .sourceUnavailable: "The source does not answer"
        case .sourceForbidden: "The source refuses the reading"
        case .malformedSource: "The source is damaged"
        case .columnsDiffer: "The columns are not those of the step"
        case .limitExceeded: "The source is over a limit"
        case .invalidCheck: "A check makes no sense"
        case .checkFailed: "A row failed a check"
        case .typeError: "A row does not fit the columns"
        }
    }
}

extension SinkFailure.Code {
    /// The code in words: the problem's title.
    var title: String {
        switch self {
        case .fenced: "A later attempt has taken over"
        case .datasetGone: "The dataset is gone"
        case .duplicateKey: "A primary key is taken"
        case .tooManyQuarantined: "Too many rows are in quarantine"
        case .tooManyRefused: "Postgres refuses too many rows"
        }
    }
}
