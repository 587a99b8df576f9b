internal import EventLoop
internal import Glibc
internal import JSON
internal import Store

/// What doctor looks at on this machine. Nothing is changed.
struct LocalCheckup {
    private let arguments: Arguments
    let dataDirectory: String
    private let users: Result<ClusterUsers, ClusterError>
    private let job: Result<OSUser?, ClusterError>
    let data: Result<DataDirectory?, ClusterError>
    private let holder: Result<DataDirectory.Holder, ClusterError>
    /// The serve that uses the data dir.
    let serve: Int32?

    init(_ arguments: Arguments) {
        self.arguments = arguments
        dataDirectory = arguments[ServeSettings.dataDirectoryOption] ?? ""
        users = Result { () throws(ClusterError) in try ClusterUsers.resolve() }
        job = Result { () throws(ClusterError) in try ClusterUsers.job() }
        let (requested, owner) = (dataDirectory, users)
        data = Result { () throws(ClusterError) in try DataDirectory.inspect(requested, users: owner.get()) }
        let place = data
        holder = Result { () throws(ClusterError) in try place.get()?.holder() ?? .nobody }
        if case .success(.process(let id?)) = holder, ProcessFacts.isServe(id) { serve = id } else { serve = nil }
    }

    func findings() -> [Finding] {
        [
            settings(), osUsers(), postgres(), directory(), lock(), secrets(), disk(), sharedMemory(), port(),
            fileRoots(),
            timeZones(), clock(),
        ]
    }

    /// A setting that is misspelt is not read, and nobody says so.
    private func settings() -> Finding {
        let known = Self.variables(of: .root) + [ServerAccess.tokenOption.flag]
        let given = arguments.variables.filter { $0.hasPrefix("SLUICE") && !known.contains($0) }.sorted()
        for name in given {
            guard let meant = ClosestName.of(name, among: known) else { continue }
            return .fault(
                "settings", "the environment variable \(name) is set, which nothing reads",
                why: "Its value has no effect; \(meant) would have.", remedy: "unset \(name); export \(meant)=…")
        }
        return .ok("settings", "no environment variable is misspelt")
    }

    private static func variables(of command: Command) -> [String] {
        command.options.compactMap(\.variable) + command.subcommands.flatMap(variables)
    }

    private func osUsers() -> Finding {
        do throws(ClusterError) {
            let users = try users.get()
            let names = [users.server.name, users.postgres.name] + [try job.get()?.name].compactMap(\.self)
            return .ok("users", users.areSeparate ? names.joined(separator: ", ") : "all runs as \(users.server.name)")
        } catch {
            return .fault(
                "users", error.message,
                why: "serve refuses to start: server, Postgres and jobs run as users that the machine knows.",
                remedy: OSUser.isRoot ? "scripts/setup" : error.hint)
        }
    }

    private func postgres() -> Finding {
        if let url = arguments[ServeSettings.databaseURLOption], !url.isEmpty {
            return .skipped("postgres", "--database-url names a cluster of its own")
        }
        do throws(ClusterError) {
            let found = try PostgresInstallation.find(searchPath: arguments.variable("PATH"), allowOutdated: false)
            return .ok("postgres", "Postgres \(found.version) in \(found.binaries)")
        } catch {
            return .fault(
                "postgres", error.message, why: "Without it serve cannot make or start its cluster. \(error.hint)",
                remedy: "apt-get install postgresql-\(PostgresVersion.embeddedMajor)")
        }
    }

    private func directory() -> Finding {
        do throws(ClusterError) {
            if let data = try data.get() { return .ok("data-dir", data.path) }
            let folder = try DataDirectory.folder(above: dataDirectory)
            guard access(folder, W_OK) == 0 else {
                return .fault(
                    "data-dir", "\(dataDirectory) is not there, and \(folder) may not be written to",
                    why: "serve makes its data dir at the first start.",
                    remedy: "Start as the owner of \(folder), or name another place with --data-dir DIR.")
            }
            return .ok("data-dir", "\(dataDirectory) is not there yet; the first serve makes it")
        } catch {
            if error.code == .userMissing { return .skipped("data-dir", "its OS users are missing") }
            return .fault("data-dir", error.message, why: "serve refuses to start on it.", remedy: error.hint)
        }
    }

    private func lock() -> Finding {
        do throws(ClusterError) {
            switch try holder.get() {
            case .nobody: return .ok("lock", "no serve uses the data dir")
            case .process(let id?) where id == serve: return .ok("lock", "serve (process \(id)) uses the data dir")
            case .process(let id):
                // One that has ended may have left the lock to its children.
                let name = id.flatMap { ProcessFacts.name($0) }
                return .fault(
                    "lock",
                    "\(name.map { "process \(id ?? 0) (\($0))" } ?? "another process") holds the lock of the data dir, and is no serve",
                    why: "serve refuses to start while the lock is held.",
                    remedy: name == nil ? "fuser -v \(dataDirectory)/lock, then end what it lists" : "kill \(id ?? 0)")
            }
        } catch {
            return .skipped("lock", "the data dir cannot be looked at")
        }
    }

    private func port() -> Finding {
        let text = arguments[ServeSettings.httpOption] ?? ""
        guard let address = try? SocketAddress(parsing: text) else {
            return .fault(
                "port", "--http \(text) is no address to listen on", why: "serve refuses to start with it.",
                remedy: "sluice serve --http 127.0.0.1:8080")
        }
        if serve != nil { return .skipped("port", "serve runs already, on \(address) if that is its --http") }
        guard let number = address.obstacleToListening() else { return .ok("port", "\(address) is free") }
        let holder = number == EADDRINUSE ? ProcessFacts.listener(on: address.port) : nil
        let reason = String(cString: strerror(number))
        return .fault(
            "port",
            "\(address): \(reason)" + (holder.map { ", by process \($0) (\(ProcessFacts.name($0) ?? "?"))" } ?? ""),
            why: "serve cannot listen there.",
            remedy: number == EADDRINUSE
                ? "sluice serve --http \(address.with(port: address.port == .max ? 8080 : address.port + 1))"
                    + (holder.map { ", or end process \($0)" } ?? "")
                : "sluice serve --http 127.0.0.1:8080")
    }

    private func fileRoots() -> Finding {
        let text = arguments[ServeSettings.fileRootsOption] ?? ""
        guard !text.isEmpty else { return .skipped("file-roots", "none is given: file connections read nothing") }
        let roots: [String]
        do throws(UsageError) {
            roots = try FileRootsSetting.parse(text, dataDirectory: dataDirectory)
        } catch {
            return .fault("file-roots", error.message, why: "serve refuses to start with it.", remedy: error.hint)
        }
        guard case .success(let user?) = job else {
            return .ok("file-roots", "\(roots.joined(separator: ", ")); jobs read as the user of serve")
        }
        for root in roots {
            let obstacle = try? Reachability.obstacle(to: root, for: user)
            if let place = obstacle ?? Reachability.unreadable(below: root, for: user, limit: 10_000) {
                return .fault(
                    "file-roots", "\(user.name) may not read \(place)",
                    why: "Jobs read files as \(user.name); a pipeline that reads there fails.",
                    remedy: obstacle == nil ? "chmod -R o+rX \(root)" : "chmod o+x \(place)")
            }
        }
        return .ok("file-roots", "\(user.name) may read \(roots.joined(separator: ", "))")
    }
}
