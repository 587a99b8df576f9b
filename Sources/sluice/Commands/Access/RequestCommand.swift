internal import JSON

extension Command {
    private static let columnsOption = CommandOption.value(
        "--columns", "A,B", "Only these columns, with select")
    private static let forOption = CommandOption.value("--for", "TIME", "How long: 12h, 30d, 8w (30d)")
    private static let shorterOption = CommandOption.value("--for", "TIME", "Shorter than asked for: 12h, 30d, 8w")
    private static let reasonOption = CommandOption.value("--reason", "TEXT", "Why; whoever decides reads it")
    private static let commentOption = CommandOption.value("--comment", "TEXT", "What to say about it")
    private static let stateOption = CommandOption.choice(
        "--state", ["pending", "approved", "denied", "withdrawn", "expired"], "Only those in this state")
    private static let inboxOption = CommandOption.switch("--inbox", "Only those that wait for an answer of yours")
    private static let withinOption = CommandOption.value(
        "--within", "TIME", "How long to wait for an answer before the request goes up: 8h, 3d (3d)")

    static let request = noun(
        "request", aliases: ["requests"], group: .protect, "Access requests: ask for a grant, and decide who gets one",
        [listRequests, addRequest, extendRequest, approveRequest, denyRequest, withdrawRequest])

    private static let addRequest = client(
        "add", aliases: ["create"], "Asks those who manage a dataset for a grant on it",
        operands: "describe|select|write|manage on DATASET",
        options: [columnsOption, forOption, reasonOption, withinOption],
        examples: [
            "sluice request add select on travel.partners --reason \"Check the payouts of May\"",
            "sluice request add select on travel.partners --columns id,payout_iban --for 8h --reason \"Ticket 4711\"",
        ]
    ) { arguments, client in
        var body: JSONObject = [
            "privilege": .string(arguments.operands[0]), "dataset": .string(arguments.operands[2]),
        ]
        if let columns = arguments[columnsOption] { body["columns"] = list(columns) }
        try ask(body, arguments, client)
    }

    private static let extendRequest = client(
        "extend", "Asks for more time for what a request was granted", operands: "ID",
        operandHint: "sluice request list --state approved shows the ids.",
        options: [forOption, reasonOption, withinOption],
        examples: ["sluice request extend 341 --for 30d --reason \"The audit takes longer\""]
    ) { arguments, client in
        try ask(["extends": .string(arguments.operands[0])], arguments, client)
    }

    private static func ask(_ body: JSONObject, _ arguments: Arguments, _ client: APIClient) throws {
        guard let reason = arguments[reasonOption], !reason.isEmpty else {
            throw UsageError(message: "no reason is given", hint: "Write --reason TEXT: whoever decides reads it.")
        }
        var body = body
        body["reason"] = .string(reason)
        body["durationSeconds"] = JSONValue(try Lifetime.seconds(arguments[forOption] ?? "30d", of: forOption))
        if let time = arguments[withinOption] {
            body["answerWithinSeconds"] = JSONValue(try Lifetime.seconds(time, of: withinOption))
        }
        let answer = try client.call("POST", "/access-requests", .object(body))
        if arguments.has(.json) { return try Output.write(answer.value) }
        let id = answer.value["id"]?.stringValue ?? ""
        try Output.write(
            answer.status == 201
                ? "Access request \(id) waits for an answer of \(answerers(answer.value)).\n"
                : "Access request \(id) waits already.\n")
    }

    private static func answerers(_ request: JSONValue) -> String {
        (request["waitsFor"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
    }

    private static let listRequests = client(
        "list", "Lists access requests: one's own, and those on datasets that one manages",
        options: [stateOption, inboxOption, APIClient.limitOption],
        examples: ["sluice request list --inbox", "sluice request list --state pending", "sluice request list --json"]
    ) { arguments, client in
        let me = arguments.has(inboxOption) ? try client.get("/me")["name"]?.stringValue : nil
        let listing = try client.list(
            "/access-requests", ["state": arguments[stateOption], "waitsFor": me.map { "user:\($0)" }],
            limit: arguments.limit())
        try listing.show(
            arguments,
            [
                "ID", "BY", "PRIVILEGE", "DATASET", "COLUMNS", "FOR", "STATE", "REASON", "WAITS FOR", "DECIDED BY",
                "COMMENT",
            ],
            nothing: "There is no such request to see."
        ) {
            [
                .init($0["id"]), .init($0["by"]), .init($0["privilege"]), .init($0["dataset"]), .list($0["columns"]),
                .init(Wording.duration(.seconds($0["durationSeconds"]?.intValue ?? 0))), .init($0["state"]),
                .init($0["reason"]), .list($0["waitsFor"]), .init($0["decidedBy"]), .init($0["comment"]),
            ]
        }
    }

    private static let approveRequest = client(
        "approve", "Grants what was asked for, or less of it; needs manage on the dataset", operands: "ID",
        operandHint: "sluice request list --state pending shows the ids.",
        options: [columnsOption, shorterOption, commentOption],
        examples: [
            "sluice request approve 341",
            "sluice request approve 341 --columns id,name --for 8h --comment \"Not the IBAN\"",
        ]
    ) { arguments, client in
        var body = JSONObject()
        if let columns = arguments[columnsOption] { body["columns"] = list(columns) }
        if let time = arguments[shorterOption] {
            body["durationSeconds"] = JSONValue(try Lifetime.seconds(time, of: shorterOption))
        }
        try decide("approve", body, arguments, client) { "granted (grant \($0["grant"]?.stringValue ?? ""))" }
    }

    private static let denyRequest = client(
        "deny", "Refuses a request; needs manage on the dataset", operands: "ID",
        operandHint: "sluice request list --state pending shows the ids.", options: [commentOption],
        examples: ["sluice request deny 341 --comment \"Use travel.offers\""]
    ) { arguments, client in
        try decide("deny", [:], arguments, client) { _ in "denied" }
    }

    private static let withdrawRequest = client(
        "withdraw", "Takes a request of one's own back", operands: "ID",
        operandHint: "sluice request list shows the ids.", options: [commentOption],
        examples: ["sluice request withdraw 341"]
    ) { arguments, client in
        try decide("withdraw", [:], arguments, client) { _ in "withdrawn" }
    }

    private static func decide(
        _ decision: String, _ body: JSONObject, _ arguments: Arguments, _ client: APIClient,
        _ outcome: (JSONValue) -> String
    ) throws {
        var body = body
        let id = arguments.operands[0]
        if let comment = arguments[commentOption] { body["comment"] = .string(comment) }
        let answer = try client.post("/access-requests/\(APIPath.segment(id))/\(decision)", .object(body))
        if arguments.has(.json) { return try Output.write(answer) }
        try Output.write("Access request \(id) is \(outcome(answer)).\n")
    }

    private static func list(_ columns: String) -> JSONValue {
        JSONValue(columns.split(separator: ",").map(String.init))
    }
}
