internal import JSON

extension Command {
    private static let headOption = CommandOption.value(
        "--head", "HEAD,…", "Heads that an earlier verification gave, which must still be in their chains")

    static let verifyAudit = client(
        "verify", "Compares the audit with its seals; fails when something is not as it was sealed",
        details: """
            Ends with the heads of the two chains. Kept elsewhere and given with --head later, they prove that nothing
            before them was cut off or made anew.
            """,
        options: [headOption],
        examples: ["sluice audit verify", "sluice audit verify --head reads:345:9f2c… --json"]
    ) { arguments, client in
        let heads = (arguments[headOption] ?? "").split(separator: ",").map(String.init)
        var found = FoundInAudit()
        repeat {
            let names =
                heads.map { "head=\(APIPath.segment($0))" }
                + (found.cursor.map { ["cursor=\(APIPath.segment($0))"] } ?? [])
            let path = "/audit/verification" + (names.isEmpty ? "" : "?" + names.joined(separator: "&"))
            found.add(try client.get(path))
        } while found.cursor != nil
        if arguments.has(.json) {
            try Output.write(found.value)
        } else {
            try Output.write(found.text)
        }
        guard found.faults.isEmpty else {
            throw CommandFailure(
                .refused, "error: the audit is not as it was sealed",
                hint: "docs/audit.md says what each problem means and what to do.")
        }
    }
}

/// What the pieces of a verification found, together.
private struct FoundInAudit {
    private static let sums = ["seals", "entries", "erased", "unsealed"]

    private var counts: [String: Int] = [:]
    private(set) var faults: [JSONValue] = []
    private var heads: [JSONValue] = []
    private(set) var cursor: String?

    mutating func add(_ piece: JSONValue) {
        for name in Self.sums { counts[name, default: 0] += piece[name]?.intValue ?? 0 }
        faults += piece["faults"]?.arrayValue ?? []
        heads += piece["heads"]?.arrayValue ?? []
        cursor = piece["nextCursor"]?.stringValue
    }

    /// As the API answers a verification of one piece.
    var value: JSONValue {
        var object: JSONObject = ["intact": .bool(faults.isEmpty)]
        for name in Self.sums { object[name] = JSONValue(counts[name] ?? 0) }
        object["faults"] = .array(faults)
        object["heads"] = .array(heads)
        return .object(object)
    }

    var text: String {
        var lines = faults.map { fault in
            let chain = fault["chain"]?.stringValue ?? ""
            let seal = fault["seal"]?.intValue.map { ", seal \($0)" } ?? ""
            let time =
                fault["from"]?.stringValue == nil
                ? "" : ", written \(Wording.time(fault["from"])) to \(Wording.time(fault["to"]))"
            let (problem, detail) = (fault["problem"]?.stringValue ?? "", fault["detail"]?.stringValue ?? "")
            return "\(problem) in \(chain)\(seal)\(time): \(detail)"
        }
        let count = { (name: String) in Wording.count(counts[name] ?? 0) }
        lines.append(
            "\(faults.isEmpty ? "intact" : "NOT INTACT"): \(count("seals")) seals, \(count("entries")) entries; "
                + "\(count("erased")) erased by retention, \(count("unsealed")) not sealed yet")
        lines += heads.compactMap(\.stringValue).map { "head \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
