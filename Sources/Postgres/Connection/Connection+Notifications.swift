internal import EventLoop

/// Notifications as they come, ending when the session does. See `Connection.listen`.
public struct Notifications: AsyncSequence, Sendable {
    let connection: Connection

    public struct AsyncIterator: AsyncIteratorProtocol {
        let connection: Connection

        public func next() async throws(PostgresError) -> Notification? {
            try await connection.nextNotification(timeout: .seconds(365 * 86_400))
        }

        public func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> Notification? {
            try await connection.nextNotification(timeout: .seconds(365 * 86_400))
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: connection) }
}

extension Connection {
    /// Listens on `channel`. A session that listens should do nothing else: waiting for a notification takes its turn.
    public func listen(to channel: String) async throws(PostgresError) {
        try await script("LISTEN \(SQL.quoted(identifier: channel))")
    }

    /// All notifications from here on, at most `maxNotifications` of them waiting; beyond it the oldest are lost.
    public nonisolated var incomingNotifications: Notifications { Notifications(connection: self) }

    /// The next notification, or `nil` if none comes within `timeout`.
    public func nextNotification(timeout: Duration) async throws(PostgresError) -> Notification? {
        if !notifications.isEmpty { return notifications.removeFirst() }
        let link = try await acquire()
        defer { release() }
        let deadline = Deadline.after(timeout)
        while true {
            while let note = link.takeNotification() { keep(note) }
            if !notifications.isEmpty { return notifications.removeFirst() }
            do {
                try await link.receive(before: deadline)
            } catch {
                if error.code == .timedOut { return nil }
                throw error
            }
        }
    }
}
