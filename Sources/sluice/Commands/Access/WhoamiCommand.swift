internal import JSON

extension Command {
    static let whoami = client(
        "whoami", "Shows whom the token speaks for, and what that principal may do",
        examples: ["sluice whoami", "sluice whoami --json"]
    ) { arguments, client in
        let me = try client.get("/me")
        if arguments.has(.json) { return try Output.write(me) }
        var fields = FieldList()
        fields.add("principal", me["name"])
        fields.add("name", me["displayName"])
        fields.add("kind", me["kind"])
        fields.add("groups", TextTable.Cell.list(me["groups"]).text)
        for (name, value) in me["attributes"]?.objectValue ?? [:] {
            fields.add("attribute \(name)", TextTable.Cell.list(value).text)
        }
        fields.add("server", client.access.url)
        try Output.write(fields.text(on: Output.terminal))
        let privileges = me["privileges"]?.arrayValue ?? []
        guard !privileges.isEmpty else { return Output.note("It holds no privilege yet.") }
        let rows = privileges.map { [TextTable.Cell($0["on"]), .list($0["privileges"])] }
        try Output.write("\n" + TextTable(["ON", "PRIVILEGES"], rows).fitted(to: Output.terminal).text)
    }
}
