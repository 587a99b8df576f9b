public import JSON

/// One step of a pipeline: a task of its own in each run.
public struct StepSpec: Sendable, Hashable {
    /// Unique in the pipeline.
    public var name: String
    /// The steps that must have succeeded before.
    public var after: [String]
    public var ingest: IngestSpec

    init(_ fields: inout JSONFields) {
        name = fields.name("name")
        after = fields.optional("after") ?? []
        if fields.raw("sql") != nil { fields.reject("sql", "cannot be used yet; steps are ingest steps") }
        ingest = fields.object("ingest") { IngestSpec(&$0) }
    }

    var json: JSONValue { ["name": .string(name), "after": JSONValue(after), "ingest": ingest.json] }
}

extension JSONFields {
    /// Refuses what cannot be run: no steps, equal names, an order that ends nowhere, two writers at the same time.
    mutating func check(_ steps: [StepSpec]) {
        if steps.isEmpty, raw("steps")?.arrayValue != nil { reject("steps", "must have a step") }
        guard steps.count <= PipelineSpec.maxSteps else {
            return reject("steps", "must have at most \(PipelineSpec.maxSteps) steps")
        }
        var positions: [String: Int] = [:]
        for (index, step) in steps.enumerated() where !step.name.isEmpty {
            if positions[step.name] == nil {
                positions[step.name] = index
            } else {
                reject("steps", at: ["\(index)", "name"], "names a step twice")
            }
        }
        var order = StepOrder(steps.map { $0.after.compactMap { positions[$0] } })
        for (index, step) in steps.enumerated() {
            for (place, name) in step.after.enumerated() {
                let tokens = ["\(index)", "after", "\(place)"]
                guard let earlier = positions[name] else {
                    reject("steps", at: tokens, "names no step")
                    continue
                }
                if step.after[..<place].contains(name) { reject("steps", at: tokens, "names a step twice") }
                if order.isBefore(index, earlier) || index == earlier {
                    reject("steps", at: tokens, "closes a cycle: \(name) comes after \(step.name)")
                }
            }
            // Each attempt's fence would stop the other's.
            for earlier in 0..<index where steps[earlier].ingest.dataset == step.ingest.dataset {
                guard !order.isBefore(earlier, index), !order.isBefore(index, earlier) else { continue }
                reject(
                    "steps", at: ["\(index)", "ingest", "to", "dataset"],
                    "is written by step \(steps[earlier].name) too, and neither comes after the other")
            }
        }
    }
}

/// Which steps come before which, through others too.
private struct StepOrder {
    private let direct: [[Int]]
    private var all: [Int: Set<Int>] = [:]

    /// - Parameter direct: For each step the positions of those it names in `after`.
    init(_ direct: [[Int]]) {
        self.direct = direct
    }

    /// Whether `earlier` must have ended before `later` begins.
    mutating func isBefore(_ earlier: Int, _ later: Int) -> Bool {
        if let known = all[later] { return known.contains(earlier) }
        var found: Set<Int> = []
        var open = direct[later]
        while let step = open.popLast() {
            if found.insert(step).inserted { open += direct[step] }
        }
        all[later] = found
        return found.contains(earlier)
    }
}
