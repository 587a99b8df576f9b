public import JSON
public import Scheduling

/// One line from a job process to its supervisor.
public enum JobReport: Sendable, Hashable {
    /// The counters so far, and how much of the input is done, in 0...1 where that is known.
    case progress(rows: JSONValue, share: Double?)
    /// `level` as in a run's log.
    case log(level: String, message: String, fields: JSONObject)
    /// What an inspection found: the last line.
    case inspection(columns: [InspectedColumn])
    /// The unit is committed: the last line.
    case result(rows: JSONValue)
    /// What a probe found: the last line.
    case answer(ProbeAnswer)
    /// The attempt has failed, and nothing of it is applied: the last line.
    case failure(JobFailure)

    /// Whether nothing follows.
    public var isLast: Bool {
        switch self {
        case .progress, .log: false
        case .inspection, .result, .answer, .failure: true
        }
    }
}

/// A column as the source has it.
public struct InspectedColumn: Sendable, Hashable {
    public var name: String
    /// In the catalog's spelling.
    public var type: String

    public init(name: String, type: String) {
        self.name = name
        self.type = type
    }
}

/// Why an attempt failed: what a run shows as its error. Without secrets and without values of the data.
public struct JobFailure: Error, Sendable, Hashable {
    public var code: String
    public var title: String
    /// What happened in this case; `nil` when the title says it all.
    public var detail: String?
    /// What to do next; `nil` when nobody can say.
    public var hint: String?
    public var errors: [JSONValue]
    /// Whether another attempt may go better without anybody changing anything.
    public var isRetryable: Bool

    public init(
        code: String, title: String, detail: String? = nil, hint: String? = nil, errors: [JSONValue] = [],
        isRetryable: Bool = false
    ) {
        self.code = code
        self.title = title
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.isRetryable = isRetryable
    }
}

extension JobReport {
    /// The line, without its end.
    public var line: [UInt8] { json.encoded() }

    private var json: JSONValue {
        switch self {
        case .progress(let rows, let share):
            ["progress": ["rows": rows, "share": share.map { JSONValue($0) } ?? .null]]
        case .log(let level, let message, let fields):
            ["log": ["level": .string(level), "message": .string(message), "fields": .object(fields)]]
        case .inspection(let columns):
            ["inspection": .array(columns.map { ["name": .string($0.name), "type": .string($0.type)] })]
        case .result(let rows): ["result": rows]
        case .answer(let answer): ["answer": answer.json]
        case .failure(let failure):
            [
                "failure": [
                    "code": .string(failure.code), "title": .string(failure.title), "detail": JSONValue(failure.detail),
                    "hint": JSONValue(failure.hint), "errors": .array(failure.errors),
                    "isRetryable": .bool(failure.isRetryable),
                ]
            ]
        }
    }

    /// Reads a line. `nil` for one that no job of this program writes: whoever wrote it is not to be believed.
    public init?(line: [UInt8]) {
        guard case .object(let object)? = try? JSONValue.parse(line), object.count == 1,
            let (kind, value) = object.first(where: { _ in true })
        else { return nil }
        switch kind {
        case "progress":
            guard let rows = value["rows"] else { return nil }
            self = .progress(rows: rows, share: value["share"]?.doubleValue)
        case "log":
            guard let level = value["level"]?.stringValue, let message = value["message"]?.stringValue else {
                return nil
            }
            self = .log(level: level, message: message, fields: value["fields"]?.objectValue ?? [:])
        case "inspection":
            guard let items = value.arrayValue else { return nil }
            var columns: [InspectedColumn] = []
            for item in items {
                guard let name = item["name"]?.stringValue, let type = item["type"]?.stringValue else { return nil }
                columns.append(InspectedColumn(name: name, type: type))
            }
            self = .inspection(columns: columns)
        case "result": self = .result(rows: value)
        case "answer":
            guard let answer = try? ProbeAnswer.parse(value) else { return nil }
            self = .answer(answer)
        case "failure":
            guard let code = value["code"]?.stringValue, let title = value["title"]?.stringValue else { return nil }
            self = .failure(
                JobFailure(
                    code: code, title: title, detail: value["detail"]?.stringValue, hint: value["hint"]?.stringValue,
                    errors: value["errors"]?.arrayValue ?? [], isRetryable: value["isRetryable"]?.boolValue ?? false))
        default: return nil
        }
    }
}
