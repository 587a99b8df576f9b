public import EventLoop

/// The newest head of each chain that this server has seen, kept outside the database, so that seals which are cut off
/// or made anew behind the server's back are missed.
public final class AuditWitness: Sendable {
    private struct State {
        var heads: [AuditChain: AuditHead]?
        /// Chains that lack the head seen last.
        var cut: Set<AuditChain> = []
    }

    private let load: @Sendable () throws -> String?
    private let save: @Sendable (String) throws -> Void
    private let blocking: BlockingPool
    private let state = Locked(State())

    /// - Parameters:
    ///   - load: What was saved last; `nil`: nothing yet. May block.
    ///   - save: Keeps one line. May block.
    public init(
        on blocking: BlockingPool, load: @escaping @Sendable () throws -> String?,
        save: @escaping @Sendable (String) throws -> Void
    ) {
        self.load = load
        self.save = save
        self.blocking = blocking
    }

    /// Chains that lacked the head seen last when they were looked at last.
    public var cut: Set<AuditChain> { state.withLock { $0.cut } }

    /// The newest head seen of `chain`; `nil`: none.
    func head(of chain: AuditChain) async throws -> AuditHead? {
        if let heads = state.withLock({ $0.heads }) { return heads[chain] }
        let line = try await blocking.run { [load] in try load() } ?? ""
        let heads = line.split(separator: " ").compactMap { AuditHead($0) }
        return state.withLock { state in
            state.heads = state.heads ?? Dictionary(heads.map { ($0.chain, $0) }, uniquingKeysWith: { $1 })
            return state.heads?[chain]
        }
    }

    /// Whether the chain has the head seen last; `false` stays in the witness until an operator removes its file.
    func note(_ chain: AuditChain, isWhole: Bool) {
        state.withLock { state in
            if isWhole { state.cut.remove(chain) } else { state.cut.insert(chain) }
        }
    }

    /// Takes a newer head of a chain that has the one before.
    func advance(to head: AuditHead) async throws {
        let line = state.withLock { state -> String? in
            guard !state.cut.contains(head.chain), state.heads?[head.chain] != head else { return nil }
            state.heads?[head.chain] = head
            return state.heads?.values.map(\.text).sorted().joined(separator: " ")
        }
        guard let line else { return }
        try await blocking.run { [save] in try save(line) }
    }
}
