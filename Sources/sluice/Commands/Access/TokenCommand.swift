internal import JSON

extension Command {
    private static let principalOption = CommandOption.value("--principal", "NAME", "Whose token it is to be")
    private static let ofPrincipalOption = CommandOption.value("--principal", "NAME", "Only this principal's")
    private static let expiryOption = CommandOption.value(
        "--expires-in", "TIME", "How long it is to work: seconds, or 12h, 30d, 8w (90 days)")
    private static let descriptionOption = CommandOption.value("--description", "TEXT", "What it is for")

    static let token = noun(
        "token", aliases: ["tokens"], group: .protect, "Tokens, with which principals speak to the server",
        [listTokens, createToken, revokeToken])

    private static let createToken = client(
        "create", "Makes a token of a principal and prints it; the server keeps only its hash",
        operandHint: "Write --principal NAME.",
        options: [principalOption, expiryOption, descriptionOption],
        examples: [
            "sluice token create --principal alice",
            "sluice token create --principal loader --expires-in 30d --description nightly",
            "SLUICE_TOKEN=$(sluice token create --principal alice) sluice query \"SELECT 1\"",
        ]
    ) { arguments, client in
        guard let principal = arguments[principalOption], !principal.isEmpty else {
            throw UsageError(
                message: "no principal is named", hint: "Write sluice token create --principal NAME.")
        }
        var body = JSONObject()
        if let text = arguments[descriptionOption] { body["description"] = .string(text) }
        if let text = arguments[expiryOption] {
            body["expiresInSeconds"] = JSONValue(try Lifetime.seconds(text, of: expiryOption))
        }
        let answer = try client.post("/principals/\(APIPath.segment(principal))/tokens", .object(body))
        if arguments.has(.json) { return try Output.write(answer) }
        try Output.write((answer["token"]?.stringValue ?? "") + "\n")
        Output.note(
            "Token \(answer["id"]?.stringValue ?? "") expires \(Wording.time(answer["expiresAt"])) UTC; "
                + "it is not shown again.")
    }

    private static let listTokens = client(
        "list", "Lists tokens: one's own, for managers of the platform everybody's",
        options: [ofPrincipalOption, APIClient.limitOption],
        examples: ["sluice token list", "sluice token list --principal alice --json"]
    ) { arguments, client in
        var listing: APIClient.Listing
        if let principal = arguments[ofPrincipalOption] {
            // The API has no such filter, so it is all of them or none.
            listing = try client.list("/tokens", limit: nil)
            listing.items.removeAll { $0["principal"]?.stringValue != principal }
        } else {
            listing = try client.list("/tokens", limit: arguments.limit())
        }
        try listing.show(
            arguments, ["ID", "PRINCIPAL", "EXPIRES", "CREATED", "DESCRIPTION"], nothing: "There is no token to see."
        ) {
            [
                .init($0["id"]), .init($0["principal"]), .time($0["expiresAt"]), .time($0["createdAt"]),
                .init($0["description"]),
            ]
        }
    }

    private static let revokeToken = client(
        "revoke", aliases: ["delete"], "Ends tokens: requests that start from now on are refused", operands: "ID…",
        operandHint: "sluice token list shows the ids.",
        examples: ["sluice token revoke 17", "sluice token revoke 17 18"]
    ) { arguments, client in
        for id in arguments.operands {
            try client.delete("/tokens/\(APIPath.segment(id))")
            if !arguments.has(.json) { Output.note("Token \(id) is revoked.") }
        }
    }
}
