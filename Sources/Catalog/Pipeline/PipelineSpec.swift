public import JSON

/// What a pipeline does, as it is declared (api.md, Pipelines and runs): when, as whom, and which steps.
///
/// Reading it needs no database: what it names (connections, datasets, principals) is looked up where it is put, and
/// cron expressions, time zones and patterns are checked by those who know their syntax.
public struct PipelineSpec: Sendable, Hashable {
    /// Of `steps`.
    public static let maxSteps = 100
    /// A week, in seconds.
    public static let maxTimeoutSeconds = 604_800

    public var description: String?
    /// The principal in whose name it reads and writes; `nil`: the service principal of its domain.
    public var runAs: String?
    /// When it runs by itself; `nil`: when somebody starts it.
    public var schedule: ScheduleSpec?
    public var retry: RetrySpec
    /// How long an attempt of a step may take, 1 to ``maxTimeoutSeconds``.
    public var timeoutSeconds: Int
    /// What bounds how many of its steps run at once; `nil`: the workers' slots alone.
    public var pool: PoolSpec?
    /// At least one; names are unique and `after` has no cycle.
    public var steps: [StepSpec]

    public init(_ fields: inout JSONFields) {
        description = fields.text("description")
        runAs = fields.optionalName("runAs")
        schedule = fields.optionalObject("schedule") { ScheduleSpec(&$0) }
        if fields.raw("trigger") != nil { fields.reject("trigger", "cannot be used yet; use a schedule") }
        retry = fields.optionalObject("retry") { RetrySpec(&$0) } ?? RetrySpec()
        timeoutSeconds = fields.optional("timeoutSeconds", in: 1...Self.maxTimeoutSeconds) ?? 3600
        pool = fields.optionalObject("pool") { PoolSpec(&$0) }
        steps = fields.objects("steps") { StepSpec(&$0) }
        fields.check(steps)
    }

    /// Reads a body, or what ``json`` wrote; `pointer` is its place in a larger body.
    public static func parse(_ value: JSONValue, at pointer: String = "") throws(JSONFieldErrors) -> PipelineSpec {
        try JSONFields.read(value, at: pointer) { PipelineSpec(&$0) }
    }

    /// The body again with every default written out, as it is kept and answered. Absent stays absent.
    public var json: JSONValue {
        var object: JSONObject = [:]
        object["description"] = description.map(JSONValue.string)
        object["runAs"] = runAs.map(JSONValue.string)
        object["schedule"] = schedule?.json
        object["retry"] = retry.json
        object["timeoutSeconds"] = JSONValue(timeoutSeconds)
        object["pool"] = pool?.json
        object["steps"] = .array(steps.map(\.json))
        return .object(object)
    }
}

/// How often and how fast a failed attempt is repeated.
public struct RetrySpec: Sendable, Hashable {
    /// Attempts in all, 1 to 20.
    public var attempts = 5
    /// Delay after the first failure, 1 to 3600 s; it doubles with each further one.
    public var baseSeconds = 2
    /// The longest delay, 1 to 86,400 s and not below the base.
    public var maxSeconds = 600

    public init() {}

    init(_ fields: inout JSONFields) {
        attempts = fields.optional("attempts", in: 1...20) ?? 5
        baseSeconds = fields.optional("baseSeconds", in: 1...3600) ?? 2
        maxSeconds = fields.optional("maxSeconds", in: 1...86_400) ?? max(600, baseSeconds)
        if maxSeconds < baseSeconds { fields.reject("maxSeconds", "must not be below baseSeconds") }
    }

    var json: JSONValue {
        [
            "attempts": JSONValue(attempts), "baseSeconds": JSONValue(baseSeconds), "maxSeconds": JSONValue(maxSeconds),
        ]
    }
}

/// A bound on tasks that run at the same time, shared by the pipelines of a domain that name the pool.
public struct PoolSpec: Sendable, Hashable {
    public var name: String
    /// Tasks at a time, 1 to 1000: those of this pipeline take one of the first so many places.
    public var slots: Int

    init(_ fields: inout JSONFields) {
        name = fields.name("name")
        slots = fields.optional("slots", in: 1...1000) ?? 1
    }

    var json: JSONValue { ["name": .string(name), "slots": JSONValue(slots)] }
}
