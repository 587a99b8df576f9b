public import Catalog
import JSON
public import Postgres

/// One transaction that changes what is declared: the objects, what must be compiled anew because of them, and the
/// audit rows that commit with them. Made by `Governance.change`, valid inside its body only.
public final class Change {
    public let connection: Connection
    public let caller: Caller
    public let requestID: String
    /// Whether policy objects must be changed under a condition; `apply` compares by itself.
    let requiresConditions: Bool
    /// Whether readers were in the way before, and the gates of their datasets are shut for it.
    let isBehindShutGate: Bool

    /// Datasets whose view and functions may have to change.
    var datasets: Set<Int64> = []
    /// Principals whose ids, groups or grants changed.
    var principals: Set<Int64> = []
    /// Datasets that are compiled as they were, but of which somebody may read less: exceptions are rows, not text.
    var narrowedDatasets: Set<Int64> = []
    private(set) var entries: [AuditEntry] = []

    init(
        connection: Connection, caller: Caller, requestID: String, requiresConditions: Bool,
        isBehindShutGate: Bool = false
    ) {
        self.connection = connection
        self.caller = caller
        self.requestID = requestID
        self.requiresConditions = requiresConditions
        self.isBehindShutGate = isBehindShutGate
    }

    /// One audited step of the change.
    struct AuditEntry {
        var action: String
        var object: String
        var datasetID: Int64?
        var before: String?
        var after: String?
        /// Whether decisions may be others now, so that the policy version rises and every plan is made anew.
        var changesPolicy: Bool
        /// Whether somebody may see less now, so that what began before has to end.
        var narrows: Bool
    }

    /// - Parameters:
    ///   - changesPolicy: `false` for what no decision depends on: tokens, the words of a tag or a domain.
    ///   - narrows: `false` for a change of policy that can only show more.
    func record(
        _ action: String, _ object: String, dataset: Int64? = nil, before: Document?, after: Document?,
        changesPolicy: Bool = true, narrows: Bool = true
    ) {
        entries.append(
            AuditEntry(
                action: action, object: object, datasetID: dataset, before: before?.text, after: after?.text,
                changesPolicy: changesPolicy, narrows: changesPolicy && narrows))
    }

    /// What a `PUT` or `POST` did.
    public struct Outcome: Sendable {
        public var isNew: Bool
        /// As it was; `nil` when it is new.
        public var before: Document?
        public var document: Document
    }

    /// Runs `body`, and takes back all it did when the object is afterwards as it was: no new version, no audit row,
    /// nothing to compile. The answer then shows the object as before and after.
    public func keepingDifferences(_ body: () async throws -> Outcome) async throws -> Outcome {
        let (datasets, principals, entries, narrowed) = (datasets, principals, entries, narrowedDatasets)
        try await connection.execute("SAVEPOINT difference")
        let outcome = try await body()
        guard let before = outcome.before, try before.saysTheSame(as: outcome.document) else {
            try await connection.execute("RELEASE SAVEPOINT difference")
            return outcome
        }
        try await connection.execute("ROLLBACK TO SAVEPOINT difference")
        try await connection.execute("RELEASE SAVEPOINT difference")
        (self.datasets, self.principals, self.entries, narrowedDatasets) = (datasets, principals, entries, narrowed)
        return Outcome(isNew: false, before: before, document: before)
    }

    /// Puts the object at `address`: reads it, checks the precondition, lets `write` change it, audits both states.
    func put(
        _ kind: ObjectKind, at address: String, _ precondition: Precondition, isPolicy: Bool = false,
        write: (Document?) async throws -> Void
    ) async throws -> Outcome {
        let before = try await Document.read(kind, at: address, on: connection)
        try precondition.check(before, required: isPolicy && requiresConditions)
        try await write(before)
        guard let after = try await Document.read(kind, at: address, on: connection) else {
            throw Refusal.notFound("\(kind.noun) \(address)")
        }
        record(
            "put", "\(kind.noun) \(address)", dataset: after.datasetID(kind), before: before, after: after,
            changesPolicy: kind.isPolicy || (kind == .domain && !(principals.isEmpty && datasets.isEmpty)))
        return Outcome(isNew: before == nil, before: before, document: after)
    }

    /// Deletes the object at `address` under the precondition; `write` does it, after checking who depends on it.
    func delete(
        _ kind: ObjectKind, at address: String, _ precondition: Precondition, isPolicy: Bool = false,
        write: (Document) async throws -> Void
    ) async throws {
        guard let before = try await Document.read(kind, at: address, on: connection) else {
            throw Refusal.notFound("\(kind.noun) \(address)")
        }
        // Deleting needs no proof of newness; where a condition is required, If-Match is the only one there is.
        try precondition.check(before, required: isPolicy && requiresConditions)
        try await write(before)
        record(
            "delete", "\(kind.noun) \(address)", dataset: before.datasetID(kind), before: before, after: nil,
            changesPolicy: kind.isPolicy || kind == .domain)
    }

    /// Throws `in_use` with the list unless `query`, which yields one text column, finds nobody.
    func refuseIfUsed(_ what: String, by query: SQL) async throws {
        let users = try await connection.query(query + " LIMIT 20").map { try $0.decode(at: 0, as: String.self) }
        guard !users.isEmpty else { return }
        throw Refusal(
            .inUse, "\(what) is used by \(users.joined(separator: ", "))", hint: "Change or delete those first.")
    }
}

extension Document {
    fileprivate func datasetID(_ kind: ObjectKind) -> Int64? {
        [.dataset, .datasetTags, .columnTags, .columnClassification].contains(kind) ? id : nil
    }
}
