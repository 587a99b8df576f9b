internal import JSON

extension Command {
    private static let principalOption = CommandOption(
        flag: "--principal", valueName: "NAME", help: "Whose token it is to be")
    private static let expiryOption = CommandOption(
        flag: "--expires-in", valueName: "SECONDS", help: "How long it is to work (90 days)")
    private static let descriptionOption = CommandOption(
        flag: "--description", valueName: "TEXT", help: "What it is for")

    static let token = client(
        "token", "Makes a token of a principal and prints it; the server keeps only its hash", operands: "create",
        options: [principalOption, expiryOption, descriptionOption],
        examples: [
            "sluice token create --principal alice",
            "sluice token create --principal loader --expires-in 3600 --description nightly",
            "SLUICE_TOKEN=$(sluice token create --principal alice) sluice query \"SELECT 1\"",
        ]
    ) { arguments, client in
        guard arguments.operands == ["create"] else {
            throw UsageError(
                message: "sluice token is followed by create", hint: "Write sluice token create --principal NAME.")
        }
        guard let principal = arguments[principalOption], !principal.isEmpty else {
            throw UsageError(message: "no principal is named", hint: "Write --principal NAME.")
        }
        var body = JSONObject()
        if let text = arguments[descriptionOption] { body["description"] = .string(text) }
        if let seconds = try arguments.integer(expiryOption, minimum: 1) {
            body["expiresInSeconds"] = JSONValue(seconds)
        }
        let answer: JSONValue
        do {
            answer = try client.post("/principals/\(APIClient.segment(principal))/tokens", .object(body))
        } catch let problem as ServerProblem {
            throw problem.failure
        }
        if arguments.has(.json) { return try Output.write(answer.text + "\n") }
        try Output.write((answer["token"]?.stringValue ?? "") + "\n")
        Output.note("Expires \(answer["expiresAt"]?.stringValue ?? "never"); it is not shown again.")
    }
}
