extension Command {
    /// The version of this program: of the outside contract it keeps.
    static let programVersion = "0.1.0"

    static let version = Command(
        name: "version", summary: "Shows the program's version", options: [.json],
        examples: ["sluice version", "sluice version --json"]
    ) { arguments in
        Commands.write(text(json: arguments.has(.json)), to: 1)
        return 0
    }

    static func text(json: Bool) -> String {
        json ? "{\"version\":\"\(programVersion)\"}\n" : "sluice \(programVersion)\n"
    }
}
