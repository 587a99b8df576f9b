internal import JSON

extension Command {
    private static let domainOption = CommandOption.value("--domain", "NAME", "Only of this domain")
    private static let tagOption = CommandOption.value("--tag", "TAG", "Only what bears the tag or one below it")
    private static let ownerOption = CommandOption.value("--owner", "NAME", "Only those of this owner")
    private static let typeOption = CommandOption.choice(
        "--type", ["domain", "dataset", "column", "tag"], "Only hits of this type")

    static let datasets = client(
        "datasets", aliases: ["dataset"], "Lists the datasets that one may see",
        options: [domainOption, tagOption, ownerOption, APIClient.limitOption],
        examples: ["sluice datasets", "sluice datasets --domain travel --tag pii"]
    ) { arguments, client in
        let listing = try client.list(
            "/datasets",
            ["domain": arguments[domainOption], "tag": arguments[tagOption], "owner": arguments[ownerOption]],
            limit: arguments.limit())
        try listing.show(
            arguments, ["DATASET", "COLUMNS", "ROWS", "LOADED", "OWNER", "DESCRIPTION"], numbers: ["COLUMNS", "ROWS"],
            nothing: "There is no dataset to see. sluice apply -f declares some; whoami shows what you may do."
        ) {
            [
                .init($0["address"]), .init("\($0["columns"]?.arrayValue?.count ?? 0)"), .count($0["estimatedRows"]),
                .time($0["loadedAt"]), .init($0["owner"]), .init($0["description"]),
            ]
        }
    }

    static let describe = client(
        "describe", "Shows a dataset: columns, types, tags, when it was loaded", operands: "DATASET",
        examples: ["sluice describe travel.bookings", "sluice describe travel.bookings --json"]
    ) { arguments, client in
        let dataset = try client.get("/datasets/\(APIPath.segment(arguments.operands[0]))")
        if arguments.has(.json) { return try Output.write(dataset) }
        var fields = FieldList()
        fields.add("dataset", dataset["address"])
        fields.add("description", dataset["description"])
        fields.add("owner", dataset["owner"])
        fields.add("primary key", TextTable.Cell.list(dataset["primaryKey"]).text)
        fields.add("rows, about", TextTable.Cell.count(dataset["estimatedRows"]).text)
        fields.add("loaded", Wording.time(dataset["loadedAt"]))
        if let run = dataset["lastRun"]?["id"]?.stringValue { fields.add("by run", run) }
        try Output.write(fields.text(on: Output.terminal) + "\n")
        let rows = (dataset["columns"]?.arrayValue ?? []).map { column in
            [
                TextTable.Cell(column["name"]), TextTable.Cell(column["type"]),
                TextTable.Cell(column["nullable"]?.boolValue == false ? "not null" : ""), .list(column["tags"]),
                TextTable.Cell(column["description"]),
            ]
        }
        let table = TextTable(["COLUMN", "TYPE", "NULL", "TAGS", "DESCRIPTION"], rows)
        try Output.write(table.fitted(to: Output.terminal).text)
    }

    static let search = client(
        "search", "Finds domains, datasets, columns and tags by words of their names and descriptions",
        operands: "WORD…", options: [typeOption, domainOption, tagOption, APIClient.limitOption],
        examples: ["sluice search guest email", "sluice search booking --type dataset"]
    ) { arguments, client in
        let listing = try client.list(
            "/search",
            [
                "q": arguments.operands.joined(separator: " "), "type": arguments[typeOption],
                "domain": arguments[domainOption], "tag": arguments[tagOption],
            ], limit: arguments.limit())
        try listing.show(arguments, ["TYPE", "ADDRESS", "TITLE", "DESCRIPTION"], nothing: "Nothing is found.") {
            [.init($0["type"]), .init($0["address"]), .init($0["title"]), .init($0["snippet"])]
        }
    }
}
