internal import EventLoop
internal import Store
internal import Work

extension Command {
    private static let launcherOption = CommandOption(flag: "--launched-by", valueName: "PID", help: "", isHidden: true)
    private static let usersOption = CommandOption(flag: "--users", valueName: "IDS", help: "", isHidden: true)
    private static let memoryOption = CommandOption(flag: "--memory", valueName: "BYTES", help: "", isHidden: true)

    /// One job process: started by a worker's launcher, with its conversation as descriptor 3.
    static let job = Command(
        name: "job", summary: "One attempt of a task; workers start it",
        options: [launcherOption, usersOption, memoryOption], isHidden: true
    ) { arguments in
        guard let launcher = try arguments.integer(launcherOption, minimum: 1).flatMap({ Int32(exactly: $0) }),
            let memory = try arguments.integer(memoryOption, minimum: 1)
        else {
            throw UsageError(
                message: "sluice job is started by a worker", hint: "Start sluice worker, or sluice serve.")
        }
        let ids = (arguments[usersOption] ?? "").split(separator: ":").compactMap { UInt32($0) }
        let users: (server: OSUser, job: OSUser)? =
            ids.count == 4
            ? (
                OSUser(name: "sluice", id: ids[0], group: ids[1]), OSUser(name: "sluice-job", id: ids[2], group: ids[3])
            ) : nil
        Signals.unblock()
        return JobProcess.run(
            JobConfinement(launcher: launcher, users: users, memoryBytes: memory), conversation: 3)
    }

    /// The words after `sluice` for a job process of this launcher.
    static func jobWords(launcher: Int32, users: (server: OSUser, job: OSUser)?, memoryBytes: Int) -> [String] {
        var words = [job.name, launcherOption.flag, "\(launcher)", memoryOption.flag, "\(memoryBytes)"]
        if let users {
            let ids = [users.server.id, users.server.group, users.job.id, users.job.group]
            words += [usersOption.flag, ids.map { "\($0)" }.joined(separator: ":")]
        }
        return words
    }
}
