/// Callers that wait: one line for each principal and one for the server.
///
/// Within a line all need the same kind of slot, so when its head gets none, nobody behind it does.
struct WaitingLines: Sendable {
    struct Waiter: Sendable {
        /// Ascends in order of arrival.
        var ticket: Int
        var key: SessionKey
    }

    private var lines: [String?: [Waiter]] = [:]
    private(set) var count = 0

    /// The first of each line, oldest first.
    var heads: [Waiter] {
        lines.values.compactMap(\.first).sorted { $0.ticket < $1.ticket }
    }

    var oldest: Int? {
        lines.values.lazy.compactMap(\.first?.ticket).min()
    }

    func first(of key: SessionKey) -> Waiter? {
        lines[key.kind.role]?.first { $0.key == key }
    }

    mutating func append(_ waiter: Waiter) {
        lines[waiter.key.kind.role, default: []].append(waiter)
        count += 1
    }

    /// `false`: nobody of that ticket waits.
    @discardableResult
    mutating func remove(ticket: Int, of key: SessionKey) -> Bool {
        let role = key.kind.role
        guard let position = lines[role]?.firstIndex(where: { $0.ticket == ticket }) else { return false }
        lines[role]?.remove(at: position)
        if lines[role]?.isEmpty == true { lines[role] = nil }
        count -= 1
        return true
    }

    mutating func removeAll() {
        lines = [:]
        count = 0
    }
}
