internal import JSON

extension Command {
    private static let principalOption = CommandOption.value("--principal", "NAME", "Only what this one did")
    private static let purposeOption = CommandOption.value("--purpose", "NAME", "Only reads for this purpose")
    private static let datasetOption = CommandOption.value("--dataset", "DATASET", "Only what concerns this one")
    private static let columnOption = CommandOption.value("--column", "COLUMN", "Only reads of domain.dataset.column")
    private static let fingerprintOption = CommandOption.value(
        "--fingerprint", "HEX", "Only reads by statements of this form")
    private static let actionOption = CommandOption.value("--action", "WORD", "read, or create, put, delete, load, …")
    private static let fromOption = CommandOption.value("--from", "TIME", "From this time on: 2027-01-31T00:00:00Z")
    private static let toOption = CommandOption.value("--to", "TIME", "Before this time")
    private static let filters = [
        principalOption, purposeOption, datasetOption, columnOption, fingerprintOption, actionOption, fromOption,
        toOption,
    ]
    private static let daysOption = CommandOption(
        flag: "--days", valueName: "COUNT", fallback: "90", help: "How long it must not have been used")

    static let audit = noun(
        "audit", group: .protect, "Who did or read what: list, export, verify; last uses and retention",
        [listAudit, exportAudit, verifyAudit, auditUsage, unusedGrants, auditRetention])

    private static let listAudit = client(
        "list", "Lists changes and reads, latest first; one's own, or all for managers of the platform",
        options: filters + [APIClient.limitOption],
        examples: [
            "sluice audit list --column travel.bookings.guest_email --from 2027-01-01T00:00:00Z",
            "sluice audit list --principal hanna --action read --json",
        ]
    ) { arguments, client in
        let listing = try client.list("/audit", query(arguments), limit: arguments.limit())
        try listing.show(
            arguments,
            ["AT", "PRINCIPAL", "PURPOSE", "ACTION", "BY", "WHAT", "COLUMNS", "ROWS", "DECISION", "FINGERPRINT"],
            numbers: ["ROWS"], nothing: "There is no such entry to see."
        ) { entry in
            let columns = (entry["columns"]?.arrayValue ?? []).compactMap(\.stringValue)
                .map { $0.split(separator: ".", maxSplits: 2).last.map(String.init) ?? $0 }
            return [
                .time(entry["at"]), .init(entry["principal"]), .init(entry["purpose"]), .init(entry["action"]),
                .init(entry["surface"]), entry["object"].map { .init($0) } ?? .list(entry["datasets"]),
                .init(columns.joined(separator: ", ")), .count(entry["rows"]), .init(entry["decision"]),
                .init(entry["fingerprint"]),
            ]
        }
    }

    private static let exportAudit = client(
        "export", "Writes all entries as NDJSON, earliest first, to standard output", options: filters,
        examples: ["sluice audit export > audit.ndjson", "sluice audit export --from 2027-01-01T00:00:00Z"]
    ) { arguments, client in
        try client.stream(
            "GET", APIPath.with("/audit", query(arguments)), accept: "application/x-ndjson", pause: .seconds(60)
        ) { try Output.write($0) }
    }

    private static let auditUsage = client(
        "usage", "Shows when each column of a dataset was last read, and by whom", operands: "DATASET",
        operandHint: "For example: sluice audit usage travel.bookings",
        options: [principalOption, APIClient.limitOption],
        examples: ["sluice audit usage travel.bookings", "sluice audit usage travel.bookings --principal hanna"]
    ) { arguments, client in
        let listing = try client.list(
            "/audit/usage", ["dataset": arguments.operands[0], "principal": arguments[principalOption]],
            limit: arguments.limit())
        try listing.show(
            arguments, ["COLUMN", "PRINCIPAL", "PURPOSE", "LAST READ AT", "READS"], numbers: ["READS"],
            nothing: "Nobody has read it."
        ) {
            [
                $0["column"]?.stringValue == nil ? .init("(any)", .faint) : .init($0["column"]), .init($0["principal"]),
                .init($0["purpose"]), .time($0["lastReadAt"]), .count($0["reads"]),
            ]
        }
    }

    private static let unusedGrants = client(
        "unused", "Lists grants that nobody has used for a while", options: [daysOption, APIClient.limitOption],
        examples: ["sluice audit unused --days 90", "sluice audit unused --days 30 --json"]
    ) { arguments, client in
        let days = try arguments.integer(daysOption) ?? 90
        let listing = try client.list("/audit/unused-grants", ["days": "\(days)"], limit: arguments.limit())
        try listing.show(
            arguments, ["GRANT", "TO", "PRIVILEGE", "ON", "COLUMNS", "SINCE", "LAST USED AT"],
            nothing: "Every grant to read that exists for \(days) days was used in them."
        ) {
            let grant = $0["grant"]
            return [
                .init(grant?["id"]), .init(grant?["to"]), .init(grant?["privilege"]), .init(grant?["on"]),
                .list(grant?["columns"]), .time(grant?["createdAt"]),
                $0["lastUsedAt"]?.stringValue == nil ? .init("never") : .time($0["lastUsedAt"]),
            ]
        }
    }

    private static let auditRetention = client(
        "retention", "Shows or sets for how many days the audit is kept; forever keeps it for good", operands: "[DAYS]",
        examples: ["sluice audit retention", "sluice audit retention 400", "sluice audit retention forever"]
    ) { arguments, client in
        let answer: JSONValue
        if let word = arguments.operands.first {
            guard let days = word == "forever" ? JSONValue.null : Int(word).map({ JSONValue($0) }) else {
                throw UsageError(message: "\(word) is no number of days", hint: "Write a number, or: forever")
            }
            answer = try client.call("PUT", "/audit/retention", ["days": days]).value
        } else {
            answer = try client.get("/audit/retention")
        }
        if arguments.has(.json) { return try Output.write(answer) }
        let days = answer["days"]?.intValue
        try Output.write("The audit is kept \(days.map { "for \(Wording.count($0, "day"))" } ?? "for good").\n")
    }

    private static func query(_ arguments: Arguments) -> KeyValuePairs<String, String?> {
        [
            "principal": arguments[principalOption], "purpose": arguments[purposeOption],
            "dataset": arguments[datasetOption], "column": arguments[columnOption],
            "fingerprint": arguments[fingerprintOption], "action": arguments[actionOption],
            "from": arguments[fromOption], "to": arguments[toOption],
        ]
    }
}
