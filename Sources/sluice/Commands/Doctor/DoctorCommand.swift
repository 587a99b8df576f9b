internal import Glibc
internal import JSON

extension Command {
    private static let localOption = CommandOption.switch("--local", "Looks at this machine only")
    private static let remoteOption = CommandOption.switch("--remote", "Looks at the server only")

    static let doctor: Command = Command(
        name: "doctor", summary: "Looks for the likeliest faults and names the remedy of each",
        details: """
            It looks at this machine, where a serve is to run or runs, and at the server of --url; at the server alone
            when that is elsewhere. Give it the options that serve has. It changes nothing. The exit status is 0 when
            nothing is wrong.
            """,
        options: [
            ServeSettings.dataDirectoryOption, ServeSettings.databaseURLOption, ServeSettings.httpOption,
            ServeSettings.fileRootsOption,
        ] + ServerAccess.options + [localOption, remoteOption, .json],
        examples: [
            "sluice doctor", "sluice doctor --local --data-dir /srv/sluice --file-roots /srv/in",
            "sluice doctor --url https://sluice.example.org --json",
        ]
    ) { arguments in
        var isHealthy = true
        let status = try speaking(json: arguments.has(.json)) {
            let findings = try examine(arguments)
            isHealthy = !findings.contains { $0.state == .fault }
            if arguments.has(.json) {
                return try Output.write(
                    ["healthy": .bool(isHealthy), "checks": .array(findings.map(\.value))] as JSONValue)
            }
            let terminal = Output.terminal
            for finding in findings { try Output.write(finding.text(on: terminal)) }
            func count(_ state: Finding.State) -> Int { findings.count(where: { $0.state == state }) }
            try Output.write(
                "\(Wording.count(count(.fault), "fault")), \(count(.ok)) in order, \(count(.skipped)) not looked at.\n")
        }
        return status == 0 && !isHealthy ? 1 : status
    }

    private static func examine(_ arguments: Arguments) throws -> [Finding] {
        guard !(arguments.has(localOption) && arguments.has(remoteOption)) else {
            throw UsageError(
                message: "--local and --remote exclude each other", hint: "Leave both out to look at everything.")
        }
        let url = try ServerAccess.url(arguments)
        var findings: [Finding] = []
        var serve: Int32?
        if arguments.has(localOption) || !arguments.has(remoteOption) && isHere(url) {
            let checkup = LocalCheckup(arguments)
            findings = checkup.findings()
            serve = checkup.serve
        }
        if !arguments.has(localOption) { findings += RemoteCheckup(url, arguments, serve: serve).findings() }
        return findings
    }

    private static func isHere(_ url: String) -> Bool {
        let host = url.drop { $0 != "/" }.drop { $0 == "/" }
        return ["127.", "localhost", "[::1]"].contains { host.hasPrefix($0) }
    }
}
