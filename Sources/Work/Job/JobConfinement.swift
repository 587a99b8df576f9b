public import Store

/// Whom a job process serves and what it may use.
public struct JobConfinement: Sendable {
    /// The launcher, with which it dies.
    public var launcher: Int32
    /// As whom it opens its session with the warehouse, and as whom it works: two users when started as root. `nil`: it
    /// stays who it is, and is no better confined than whoever started it.
    public var users: (server: OSUser, job: OSUser)?
    /// Of memory that it can write, in bytes.
    public var memoryBytes: Int
    /// Descriptors: its session, a source and its loop need about twenty.
    public static let openFiles = 64

    public init(launcher: Int32, users: (server: OSUser, job: OSUser)?, memoryBytes: Int) {
        self.launcher = launcher
        self.users = users
        self.memoryBytes = memoryBytes
    }

    /// The first step, before anything is read: it acts as the server's user, to whom Postgres opens its socket.
    ///
    /// - Returns: False when the launcher is gone already.
    func begin() throws(SystemError) -> Bool {
        try Confinement.limit(memoryBytes: memoryBytes, openFiles: Self.openFiles)
        try Confinement.forbidNewPrivileges()
        if let users { try Confinement.actAs(users.server) }
        return try protect()
    }

    /// The second step, before any input is touched: it becomes the job's user for good, in every thread.
    ///
    /// - Returns: False when the launcher is gone already.
    func complete() throws(SystemError) -> Bool {
        if let users { try Confinement.become(users.job) }
        return try protect()
    }

    /// What a change of user undoes.
    private func protect() throws(SystemError) -> Bool {
        try Confinement.forbidInspection()
        return try Confinement.dieWith(parent: launcher)
    }
}
