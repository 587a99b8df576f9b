internal import Work

/// What a worker is told, by `serve` or by `worker`.
struct WorkerSettings: Sendable {
    /// Job processes at a time.
    var slots: Int
    /// Memory that one job process may write to, in bytes.
    var jobMemoryBytes: Int
    /// Whether connections may lead to loopback addresses.
    var allowsLoopbackSources: Bool

    static let slotsOption = CommandOption.setting(
        "--worker-slots", "SLUICE_WORKER_SLOTS", "N", fallback: "2",
        "Job processes at a time, at most \(Launcher.mostSlots); with serve 0: none here")
    static let jobMemoryOption = CommandOption.setting(
        "--job-memory", "SLUICE_JOB_MEMORY", "MIB", fallback: "512",
        "Memory that a job process may write to; one that needs more ends")
    static let allowLoopbackOption = CommandOption.switch(
        "--allow-loopback-sources", "Lets postgres connections lead to this machine's own addresses")
    static let options = [slotsOption, jobMemoryOption, allowLoopbackOption]

    init(_ arguments: Arguments) throws(UsageError) {
        slots = try arguments.integer(WorkerSettings.slotsOption) ?? 2
        guard slots <= Launcher.mostSlots else {
            throw UsageError(
                message: "\(slots) worker slots are too many", hint: "At most \(Launcher.mostSlots); start more workers."
            )
        }
        allowsLoopbackSources = arguments.has(WorkerSettings.allowLoopbackOption)
        jobMemoryBytes = try (arguments.integer(WorkerSettings.jobMemoryOption, minimum: 64) ?? 512) << 20
    }
}
