internal import EventLoop
internal import JSON
internal import Postgres
internal import Store

extension Command {
    private static let printPrivileged = CommandOption.switch(
        "--print-privileged", "Prints what a superuser has to run once where Sluice is none")

    static let migrate = Command(
        name: "migrate", summary: "Brings the databases to this program's schema, as serve does when it starts",
        options: ServeSettings.storeOptions + [printPrivileged, .json] + KeptServer.options,
        examples: ["sluice migrate", "sluice migrate --print-privileged > privileged.sql"]
    ) { arguments in
        if arguments.has(printPrivileged) {
            let url = arguments[ServeSettings.databaseURLOption] ?? ""
            let login = url.isEmpty ? IdentMap.superuser : try ConnectionOptions(url: url).user
            Commands.write(PrivilegedScript.text(login: login), to: 1)
            return 0
        }
        let json = arguments.has(.json)
        return try DatabaseProcess.run("migrate", arguments) { context in migrate(context, json: json) }
    }

    private static func migrate(_ context: ServerContext, json: Bool) -> Int32 {
        do {
            let group = try EventLoopGroup(count: 1)
            defer { group.shutdown() }
            let reports = try group.runBlocking {
                try await Migrator(
                    options: context.administration(), loop: group.loops[0], blocking: group.blocking
                ).run()
            }
            Commands.write(json ? jsonText(reports) : text(reports), to: 1)
            return 0
        } catch {
            Commands.complain("\(error)", hint: nil)
            return 1
        }
    }

    private static func text(_ reports: [Migrator.Report]) -> String {
        reports.map { report in
            let names = report.applied.isEmpty ? "up to date" : report.applied.joined(separator: ", ")
            return "\(report.database.rawValue): \(names)\n"
        }.joined()
    }

    private static func jsonText(_ reports: [Migrator.Report]) -> String {
        var object = JSONObject()
        for report in reports { object[report.database.rawValue] = JSONValue(report.applied) }
        return JSONValue.object(object).text + "\n"
    }
}
