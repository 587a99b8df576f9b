public import Access
import Catalog
public import Cryptography
public import EventLoop
import HTTPServer
import Ingestion
import Query
public import Scheduling
public import Store
import Synchronization

/// What the handlers work with: one value, made at start and passed to each of them.
public final class Platform: Sendable {
    public let sessions: Sessions
    public let pipelines: Pipelines
    public let governance: Governance
    public let readAudit: ReadAudit
    public let integrity: Integrity
    public let queue: Queue
    public let followers = Followers()
    let auditLog: AuditLog
    public let policyTests: PolicyTestRunner
    let auditVerifier: AuditVerifier
    let readUsage: ReadUsage
    let unusedGrants: UnusedGrants
    let runner: StatementRunner
    let authenticator: Authenticator
    let sources: DatasetSources
    let loads = LoadSlots()
    /// For work that blocks or computes for long.
    let blocking: BlockingPool
    /// Seals the cursors of rows: made at start, so a cursor ends with the server that gave it.
    let cursorKey: SecretKey
    /// Seals the secrets of connections.
    let secrets: SecretBox
    /// Called after each committed change, before its answer.
    let afterChange: @Sendable () async throws -> Void
    /// Makes a login role that may have been made a moment ago one that sessions can be opened as.
    let admit: @Sendable (String) async throws -> Void

    /// - Parameters:
    ///   - cursorKey: Seals the cursors of rows.
    ///   - onEndFailure: Told the step and the error when a statement over its budget cannot be ended.
    ///   - afterChange: Called after each committed change, before its answer.
    ///   - admit: Called with a login role before sessions are opened as it, when it may be new.
    public init(
        sessions: Sessions, blocking: BlockingPool, cursorKey: SecretKey, secrets: SecretBox,
        auditVerifier: AuditVerifier,
        onEndFailure: @escaping @Sendable (String, any Error) -> Void,
        afterChange: @escaping @Sendable () async throws -> Void,
        admit: @escaping @Sendable (String) async throws -> Void
    ) {
        self.sessions = sessions
        self.blocking = blocking
        self.cursorKey = cursorKey
        self.secrets = secrets
        self.auditVerifier = auditVerifier
        self.afterChange = afterChange
        self.admit = admit
        pipelines = Pipelines(sessions: sessions)
        governance = Governance(sessions: sessions)
        readAudit = ReadAudit(sessions: sessions)
        integrity = Integrity(sessions: sessions)
        queue = Queue(sessions: sessions)
        auditLog = AuditLog(sessions: sessions)
        readUsage = ReadUsage(sessions: sessions)
        unusedGrants = UnusedGrants(sessions: sessions)
        runner = StatementRunner(sessions: sessions, onEndFailure: onEndFailure)
        authenticator = Authenticator(sessions: sessions)
        sources = DatasetSources(sessions: sessions)
        policyTests = PolicyTestRunner(
            sessions: sessions, governance: governance, runner: runner, readAudit: readAudit, sources: sources,
            admit: admit)
    }

    /// Runs a change on behalf of the request's caller, and makes its answer, which commits with the change when the
    /// request has an `Idempotency-Key`.
    func change<Value: Sendable>(
        _ request: Request, keeps: Bool = true, requiresConditions: Bool = true,
        verify: (Change, _ policyVersion: Int64) async throws -> Void = { _, _ in },
        _ body: (Change) async throws -> Value, answer: (Governance.Committed<Value>) throws -> Response
    ) async throws -> Response {
        let caller = try await caller(of: request)
        defer {
            authenticator.forget()
            sources.forget()
        }
        let committed = try await governance.change(
            by: caller.name, requestID: request.requestID, requiresConditions: requiresConditions, keeps: keeps,
            verify: verify, beforeCommit: { try await CommittedAnswer.current?.write(answer($0), on: $1) }, body)
        if keeps { try await afterChange() }
        return try answer(committed)
    }

    /// The authenticated principal, noted for the access log. Found once a request.
    func caller(of request: Request) async throws -> Caller {
        try await authenticator.caller(of: request)
    }

    /// The authenticated principal as it acts for the purpose that the request names in `Sluice-Purpose` or that `named`
    /// gives from its body; without one, for no purpose.
    func actor(of request: Request, for named: String? = nil) async throws -> Caller {
        let caller = try await caller(of: request)
        let field = request.fields[Self.purposeField]
        if let field, let named, field != named {
            throw Refusal(.invalidParameter, "the body and the field \(Self.purposeField) name two purposes")
        }
        guard let purpose = named ?? field else { return caller }
        let actor = try await governance.acting(caller, for: purpose)
        try await admit(actor.role)
        return actor
    }

    /// Names the purpose of a read.
    static let purposeField = "Sluice-Purpose"

    /// Throws `policy_drift` while something that enforces is not as Sluice made it.
    func checkIntact() throws(Refusal) {
        guard integrity.isIntact else {
            throw Refusal(
                .policyDrift,
                "objects that enforce the policy were altered; rows and queries are shut until they are right",
                hint: "An operator finds the differences in the server's log and in GET /readyz.")
        }
    }
}
