extension Command {
    /// The version of this program: of the outside contract it keeps.
    static let programVersion = "0.1.0"

    static let version = Command(
        name: "version", summary: "Shows the program's version", options: [.json]
    ) { arguments in
        let text = arguments.has(.json) ? "{\"version\": \"\(programVersion)\"}" : "sluice \(programVersion)"
        Commands.write("\(text)\n", to: 1)
        return 0
    }
}
