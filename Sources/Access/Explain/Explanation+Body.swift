import Catalog
public import JSON

extension Explanation {
    /// The body of the answer.
    public var body: JSONValue {
        [
            "visible": .bool(visible), "grant": grant.map(JSONValue.string) ?? .null,
            "because": .array(because.map(JSONValue.string)),
            "columns": .array(
                columns.map { column in
                    [
                        "name": .string(column.name), "visible": .bool(visible && column.visible),
                        "mask": column.mask?.body ?? .null,
                        "because": .array(column.because.map(JSONValue.string)),
                        "rules": .array(column.rules.map(\.body)),
                    ]
                }),
            "rowFilters": .array(
                rowFilters.map { filter in
                    [
                        "name": .string(filter.name), "expression": .string(filter.expression),
                        "because": .string(filter.because),
                    ]
                }),
            "rules": .array(rules.map(\.body)),
            "request": smallestRequest ?? .null,
            "policyVersion": .number("\(policyVersion)"),
        ]
    }

    /// How long a suggested request asks for: 30 days.
    private static let suggestedSeconds = 30 * 86_400

    /// The body of `POST /access-requests` that would open what no grant opens, ready to send; `nil` when nothing is
    /// closed that a grant could open (rules bind whoever holds one, too).
    private var smallestRequest: JSONValue? {
        let closed = columns.filter { !$0.isGranted }.map(\.name)
        guard !isGranted || !closed.isEmpty else { return nil }
        var request: JSONObject = [
            "dataset": .string("\(dataset)"), "privilege": .string(Privilege.select.rawValue),
            "reason": .string("To read \(dataset)"),
            "durationSeconds": JSONValue(Self.suggestedSeconds),
        ]
        if isGranted { request["columns"] = JSONValue(closed) }
        return .object(request)
    }
}
