/// A statement kept prepared on one session.
final class Statement {
    struct Key: Hashable {
        var text: String
        var types: [UInt32]
    }

    enum State: Equatable {
        /// The server does not know it, or no longer.
        case absent
        /// Sent to be prepared, in a pipeline. Not `alone`, another's failure may yet take it along.
        case sent(alone: Bool)
        case ready
    }

    let key: Key
    /// Never used twice in a session, so a lost DEALLOCATE harms nobody.
    let name: String
    var state = State.absent
    /// Known after the first run.
    var columns: [Column]?
    /// Why the server would not prepare it; for those sent together with it.
    var refusal: PostgresError?
    /// Executions that were sent and not answered.
    var inFlight = 0
    fileprivate var lastUse = 0

    init(key: Key, name: String) {
        self.key = key
        self.name = name
    }
}

/// The statements a session keeps prepared, the least recently used leaving first.
struct StatementCache {
    /// Statements kept; 0 keeps none.
    let capacity: Int
    private var statements: [Statement.Key: Statement] = [:]
    private var clock = 0
    private var nextName = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { statements.count }

    /// The statement for `sql`, made on first sight.
    mutating func statement(for sql: SQL) -> Statement {
        let key = Statement.Key(text: sql.text, types: sql.parameters.map(\.typeOID))
        clock += 1
        if let known = statements[key] {
            known.lastUse = clock
            return known
        }
        nextName += 1
        let statement = Statement(key: key, name: "s\(nextName)")
        statement.lastUse = clock
        statements[key] = statement
        return statement
    }

    func keeps(_ statement: Statement) -> Bool {
        statements[statement.key] === statement
    }

    /// Removes and returns what is over `capacity` and not in flight. O(n) when something has to go.
    mutating func evict() -> [Statement] {
        var evicted: [Statement] = []
        while statements.count > capacity {
            let now = clock
            let idle = statements.values.lazy.filter { $0.inFlight == 0 && $0.lastUse < now }
            guard let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) else { break }
            statements[oldest.key] = nil
            evicted.append(oldest)
        }
        return evicted
    }

    /// Removes `statement`; `false` if it is no longer the one kept for its text.
    @discardableResult
    mutating func forget(_ statement: Statement) -> Bool {
        guard keeps(statement) else { return false }
        statements[statement.key] = nil
        return true
    }

    /// Forgets all and returns the names of those the server knows.
    mutating func removeAll() -> [String] {
        defer { statements = [:] }
        return statements.values.filter { $0.state == .ready }.map(\.name)
    }
}

extension PostgresError {
    /// Whether a prepared statement vanished, or its result type changed under it, so that preparing it anew helps.
    public var isStalePlan: Bool {
        switch sqlState {
        case "26000": true
        case "0A000": routine == "RevalidateCachedQuery"
        default: false
        }
    }
}
