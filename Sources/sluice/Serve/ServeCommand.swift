extension Command {
    static let serve = Command(
        name: "serve", summary: "Runs the platform until SIGTERM",
        options: ServeSettings.options + KeptServer.options
    ) { arguments in
        try DatabaseProcess.run("serve", arguments, work: ServerProcess.run)
    }
}
