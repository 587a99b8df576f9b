internal import Glibc
internal import JSON
internal import Scheduling

extension Command {
    private static let columnsOption = CommandOption.value(
        "--columns", "A,B", "Only these columns, with select on a dataset; the others read as NULL")
    private static let ungrantedOption = CommandOption.choice(
        "--ungranted", ["null", "error"], "What the other columns are: NULL, or an error when they are used")
    private static let forOption = CommandOption.value(
        "--for", "TIME", "How long it is to last: 12h, 30d, 8w (for ever)")
    private static let reasonOption = CommandOption.value("--reason", "TEXT", "Why, for the audit")
    private static let toOption = CommandOption.value("--to", "SUBJECT", "Only those to user:NAME or group:NAME")
    private static let onOption = CommandOption.value(
        "--on", "SCOPE", "Only those on platform, domain:D or dataset:D.N")

    static let grant = noun(
        "grant", aliases: ["grants"], group: .protect, "Grants: who may describe, select, write or manage what",
        [listGrants, addGrant, revokeGrant])

    private static let addGrant = client(
        "add", aliases: ["create"], "Grants a privilege; needs manage where it is granted",
        details: """
            SUBJECT is user:NAME or group:NAME; SCOPE is platform, domain:NAME or dataset:DOMAIN.NAME. Privileges hold
            from the platform down to its datasets. select and write include describe, manage includes all.
            """,
        operands: "SUBJECT describe|select|write|manage on SCOPE",
        options: [columnsOption, ungrantedOption, forOption, reasonOption],
        examples: [
            "sluice grant add group:analysts select on domain:travel",
            "sluice grant add user:bob select on dataset:travel.partners --columns id,name --ungranted error",
            "sluice grant add user:eve select on dataset:travel.offers --for 30d --reason \"audit 2026\"",
        ]
    ) { arguments, client in
        var body: JSONObject = [
            "to": .string(arguments.operands[0]), "privilege": .string(arguments.operands[1]),
            "on": .string(arguments.operands[3]),
        ]
        if let columns = arguments[columnsOption] {
            body["columns"] = JSONValue(columns.split(separator: ",").map(String.init))
        }
        if let ungranted = arguments[ungrantedOption] { body["ungranted"] = .string(ungranted) }
        if let text = arguments[forOption] {
            let end = UnixTime(Int64(time(nil)) + Int64(try Lifetime.seconds(text, of: forOption)))
            body["expiresAt"] = .string("\(end)")
        }
        if let reason = arguments[reasonOption] { body["reason"] = .string(reason) }
        let answer = try client.call("POST", "/grants", .object(body))
        if arguments.has(.json) { return try Output.write(answer.value) }
        try Output.write(
            "\(answer.status == 201 ? "Granted" : "Granted already"): \(sentence(answer.value)) (grant \(answer.value["id"]?.stringValue ?? ""))\n"
        )
    }

    /// `group:analysts select on domain:travel, columns a, b, until 2027-01-31 00:00:00 UTC`
    private static func sentence(_ grant: JSONValue) -> String {
        var text = ["to", "privilege"].compactMap { grant[$0]?.stringValue }.joined(separator: " ")
        text += " on \(grant["on"]?.stringValue ?? "")"
        let columns = (grant["columns"]?.arrayValue ?? []).compactMap(\.stringValue)
        if !columns.isEmpty { text += ", columns \(columns.joined(separator: ", "))" }
        if grant["expiresAt"] != nil { text += ", until \(Wording.time(grant["expiresAt"])) UTC" }
        return text
    }

    private static let listGrants = client(
        "list", "Lists grants", options: [toOption, onOption, APIClient.limitOption],
        examples: [
            "sluice grant list", "sluice grant list --on domain:travel", "sluice grant list --to user:bob --json",
        ]
    ) { arguments, client in
        let listing = try client.list(
            "/grants", ["to": arguments[toOption], "on": arguments[onOption]], limit: arguments.limit())
        try listing.show(
            arguments, ["ID", "TO", "PRIVILEGE", "ON", "COLUMNS", "UNTIL", "BY", "REASON"],
            nothing: "There is no such grant to see."
        ) {
            [
                .init($0["id"]), .init($0["to"]), .init($0["privilege"]), .init($0["on"]), .list($0["columns"]),
                .time($0["expiresAt"]), .init($0["grantedBy"]), .init($0["reason"]),
            ]
        }
    }

    private static let revokeGrant = client(
        "revoke", aliases: ["delete"], "Takes grants back; they stop working at once", operands: "ID…",
        operandHint: "sluice grant list shows the ids.",
        examples: ["sluice grant revoke 41", "sluice grant revoke 41 42"]
    ) { arguments, client in
        for id in arguments.operands {
            try client.delete("/grants/\(APIPath.segment(id))")
            if !arguments.has(.json) { Output.note("Grant \(id) is revoked.") }
        }
    }
}
