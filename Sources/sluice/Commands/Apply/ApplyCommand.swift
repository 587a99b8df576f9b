internal import JSON

extension Command {
    private static let fileOption = CommandOption(
        flag: "--file", shortFlag: "-f", valueName: "PATH",
        help: "A YAML file, a folder of them, or - for standard input")

    private static let accessOption = CommandOption(
        flag: "--access", help: "Also who would see more or less, with rows counted on live data")

    static let plan = client(
        "plan", group: .protect, "Shows what apply would change, and changes nothing",
        operandHint: "Write -f PATH: a YAML file or a folder of them.", options: [fileOption, accessOption],
        examples: [
            "sluice plan -f policies/", "sluice plan -f policies/ --access",
            "sluice plan -f policies/ --json | jq '.changes[] | select(.action != \"unchanged\")'",
        ]
    ) { arguments, client in
        let documents = try documents(arguments)
        let answer = try documents.send(to: client, isRehearsal: true)
        let access = arguments.has(accessOption) ? try documents.compareAccess(client) : nil
        if arguments.has(.json) {
            var object = answer.objectValue ?? [:]
            if let access { object["access"] = access }
            return try Output.write(JSONValue.object(object).text + "\n")
        }
        let report = ChangeReport(answer)
        try Output.write(report.text + "Plan: \(report.summary("to create", "to update")).\n")
        let tests = PolicyTestReport(answer["policyTests"] ?? .null)
        try Output.write(tests.exceptions(on: Output.terminal))
        if let access { try Output.write("\n" + AccessDiffReport(access).text(on: Output.terminal)) }
    }

    static let apply = client(
        "apply", group: .protect, "Brings the platform to what YAML documents say: all of it or nothing",
        operandHint: "Write -f PATH: a YAML file or a folder of them.", options: [fileOption],
        examples: [
            "sluice apply -f examples/travel-extras", "sluice apply -f people.yaml --url https://sluice.example.org",
            "git show main:policy.yaml | sluice apply -f -",
        ]
    ) { arguments, client in
        let documents = try documents(arguments)
        if arguments.has(.json) {
            return try Output.write(documents.send(to: client, isRehearsal: false).text + "\n")
        }
        let plan = ChangeReport(try documents.send(to: client, isRehearsal: true))
        try Output.write(plan.text)
        if plan.changesNothing { return try Output.write("Nothing to do: \(plan.changes.count) unchanged.\n") }
        let done = ChangeReport(try documents.send(to: client, isRehearsal: false))
        if done.changes.map(\.action) != plan.changes.map(\.action) {
            Output.note("Somebody else changed the platform meanwhile; this is what was done:")
            try Output.write(done.text)
        }
        let version = done.policyVersion.map { " Policy version \($0)." } ?? ""
        let tests = done.testsPassed > 0 ? " Policy tests passed: \(done.testsPassed)." : ""
        try Output.write("Applied: \(done.summary("created", "updated")).\(version)\(tests)\n")
    }

    private static func documents(_ arguments: Arguments) throws -> SourceDocuments {
        var documents = try SourceDocuments(at: path(arguments))
        try documents.resolveSecrets()
        return documents
    }

    private static func path(_ arguments: Arguments) throws -> String {
        guard let path = arguments[fileOption], !path.isEmpty else {
            throw UsageError(
                message: "nothing to read is given", hint: "Write -f PATH: a YAML file or a folder of them.")
        }
        return path
    }
}

extension SourceDocuments {
    /// A change of many datasets takes its time, and giving up on the answer would not stop it.
    private static let patience = Duration.seconds(600)

    /// Sends the documents; problems come back with their places in the files.
    fileprivate func send(to client: APIClient, isRehearsal: Bool) throws -> JSONValue {
        do {
            return try client.post("/apply?dryRun=\(isRehearsal)", body, patience: Self.patience)
        } catch let problem as ServerProblem {
            throw failure(problem)
        }
    }

    /// Who would see more or less with the documents applied.
    fileprivate func compareAccess(_ client: APIClient) throws -> JSONValue {
        let change: JSONValue = ["method": "POST", "path": "/apply", "body": body]
        do {
            return try client.post("/access/diff", ["changes": [change]], patience: Self.patience)
        } catch var problem as ServerProblem {
            for index in problem.errors.indices {
                problem.errors[index].pointer.replace("/changes/0/body", with: "", maxReplacements: 1)
            }
            throw failure(problem)
        }
    }
}
