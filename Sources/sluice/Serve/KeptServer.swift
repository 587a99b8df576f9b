/// How the keeper tells its children what it has prepared: options that no help shows.
struct KeptServer: Sendable {
    /// The server's descriptor of the data dir's lock.
    static let lockDescriptor: Int32 = 3

    var keeperID: Int32
    var dataDirectory: String
    /// Of the embedded cluster; `nil` on somebody else's.
    var socketDirectory: String?

    static let keeperOption = CommandOption(flag: "--kept-by", valueName: "PID", help: "", isHidden: true)
    static let dataOption = CommandOption(flag: "--kept-data-dir", valueName: "DIR", help: "", isHidden: true)
    static let socketOption = CommandOption(flag: "--kept-socket-dir", valueName: "DIR", help: "", isHidden: true)
    static let options = [keeperOption, dataOption, socketOption]

    init(keeperID: Int32, dataDirectory: String, socketDirectory: String?) {
        self.keeperID = keeperID
        self.dataDirectory = dataDirectory
        self.socketDirectory = socketDirectory
    }

    /// `nil` in a process that a person started.
    init?(_ arguments: Arguments) throws(UsageError) {
        guard let id = try arguments.integer(KeptServer.keeperOption, minimum: 1) else { return nil }
        guard let keeperID = Int32(exactly: id), let data = arguments[KeptServer.dataOption] else {
            throw UsageError(
                message: "\(KeptServer.keeperOption.flag) is between sluice serve and its children",
                hint: "Start sluice serve without it.")
        }
        self.init(keeperID: keeperID, dataDirectory: data, socketDirectory: arguments[KeptServer.socketOption])
    }

    var words: [String] {
        [KeptServer.keeperOption.flag, "\(keeperID)", KeptServer.dataOption.flag, dataDirectory]
            + (socketDirectory.map { [KeptServer.socketOption.flag, $0] } ?? [])
    }

    /// The database of a process that was started with these options and `settings`.
    func database(url: String?) throws(UsageError) -> ServerContext.Database {
        if let socketDirectory { return .embedded(socketDirectory: socketDirectory) }
        guard let url else {
            throw UsageError(
                message: "neither the embedded cluster nor a database URL is given", hint: "Start sluice serve instead."
            )
        }
        return .url(url)
    }
}
