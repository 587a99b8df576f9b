internal import HTTPServer
internal import Scheduling

/// A leader's deeds as lines of the server's log.
struct LeaderLog {
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    func record(_ event: LeaderEvent) {
        switch event {
        case .leads(let term): logger.info("this server leads", ["term": "\(term)"])
        case .ended: logger.info("another server leads")
        case .lostWorker(let id): logger.warning("a worker is lost: it was silent for 20 s", ["worker": id])
        case .rescued(let epoch, let why):
            logger.warning("a lease was taken away", ["epoch": "\(epoch)", "why": why])
        case .fired(let pipeline, let run, let nominalTime, let isCatchUp):
            logger.info(
                "a schedule fired",
                [
                    "pipeline": pipeline, "run": "\(run)", "nominalTime": "\(nominalTime)",
                    "catchUp": isCatchUp ? "true" : "false",
                ])
        case .unreadableSchedule(let pipeline, let error):
            logger.error("a schedule cannot be read", ["pipeline": pipeline, "error": error])
        case .failed(let error):
            logger.warning("leading failed; it is tried again", ["error": "\(String(reflecting: error))"])
        }
    }
}
