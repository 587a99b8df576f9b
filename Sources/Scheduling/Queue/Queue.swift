public import Store

/// Runs and their tasks in the database `control`: put in by whoever starts a pipeline, claimed by workers.
///
/// A task is in one place at a time: ready, scheduled, leased, or done. Every move is one statement of Postgres, so a
/// client that is paused or dies has moved it or not, and never holds a lock meanwhile. Safe to use from anywhere.
public struct Queue: Sendable {
    /// `LISTEN` on this channel of `control` to be woken when there may be work. At most one notification per 10 ms comes
    /// from a server, and some get lost: poll as well, with jitter.
    public static let readyChannel = "sluice_ready"

    let sessions: Sessions
    private let wakeUp: WakeUp

    public init(sessions: Sessions) {
        self.sessions = sessions
        wakeUp = WakeUp(sessions: sessions)
    }

    /// Tells idle workers that there may be work.
    func wakeWorkers() {
        wakeUp.signal()
    }
}
