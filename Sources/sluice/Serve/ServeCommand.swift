extension Command {
    static let serve = Command(
        name: "serve", summary: "Runs the platform until SIGTERM",
        details:
            "It makes its data dir and an embedded Postgres at the first start, and says ready when it takes requests.",
        options: ServeSettings.options + KeptServer.options,
        examples: [
            "sluice serve", "sluice serve --data-dir /srv/sluice --file-roots /srv/in",
            "sluice serve --database-url postgresql://sluice@db.example/postgres --http 127.0.0.1:8081",
        ]
    ) { arguments in
        try DatabaseProcess.run("serve", arguments, work: ServerProcess.run)
    }
}
