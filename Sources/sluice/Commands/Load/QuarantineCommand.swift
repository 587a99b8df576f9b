internal import JSON

extension Command {
    private static let runOption = CommandOption.value("--run", "ID", "Only records of this run")
    private static let ruleOption = CommandOption.value("--rule", "NAME", "Only those that broke this check or fault")

    static let quarantine = client(
        "quarantine", group: .load, "Lists the records of a dataset that were not loaded, and why",
        details:
            "Needs manage on the dataset: what broke, and where, is in clear. --json has the records' bytes (base64).",
        operands: "DATASET", options: [runOption, ruleOption, APIClient.limitOption],
        examples: ["sluice quarantine travel.reviews", "sluice quarantine travel.reviews --run 57 --json"]
    ) { arguments, client in
        let listing = try client.list(
            "/datasets/\(APIPath.segment(arguments.operands[0]))/quarantine",
            ["run": arguments[runOption], "rule": arguments[ruleOption]], limit: arguments.limit())
        try listing.show(
            arguments, ["RUN", "SOURCE", "LINE", "RULE", "COLUMN", "ERROR"], numbers: ["LINE"],
            nothing: "No record is in quarantine."
        ) {
            [
                .init($0["run"]), .init($0["source"]), .count($0["line"]), .init($0["rule"]), .init($0["column"]),
                .init($0["error"]),
            ]
        }
    }
}
