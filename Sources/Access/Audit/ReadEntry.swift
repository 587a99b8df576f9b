/// One governed read, or one end of it when it is streamed.
public struct ReadEntry: Sendable {
    /// How much of the read the entry tells.
    public enum Phase: String, Sendable {
        /// The read and its outcome.
        case whole
        /// A stream whose first bytes are about to leave.
        case begun
        /// The end of such a stream.
        case ended
    }

    /// How the read ended: with rows, refused by the policy, or failed for another reason.
    public enum Decision: String, Sendable {
        case allowed, refused, failed
    }

    /// Who reads what: the same for all reads of a kind, and laid out for COPY once.
    public final class Subject: Sendable {
        /// The policy that decided, by its epoch.
        public let policyVersion: Int64
        /// The first fields of a row.
        let fields: [UInt8]

        /// - Parameters:
        ///   - purpose: What the principal acts for; `nil`: for no purpose.
        ///   - surface: `rows`, `query` or `quarantine`.
        ///   - datasets: `domain.dataset`.
        ///   - columns: `domain.dataset.column`: what the read may have used.
        public init(
            principal: String, actingFor purpose: String?, surface: String, datasets: [String], columns: [String],
            policyVersion: Int64
        ) {
            self.policyVersion = policyVersion
            var row = CopyBinary()
            row.append(principal)
            row.append(purpose)
            row.append(surface)
            row.append(datasets)
            row.append(columns)
            row.append(policyVersion)
            fields = row.bytes
        }
    }

    public let subject: Subject
    public let requestID: String
    public var phase: Phase = .whole
    /// Rows that were sent; `nil` while that is not known.
    public var rowCount: Int?
    /// Bytes of the body that were sent; `nil` while that is not known.
    public var byteCount: Int?
    /// How long it took to answer.
    public var duration: Duration = .zero
    public var decision: Decision = .allowed
    /// Of the problem, when not allowed.
    public var code: String?
    /// The caller's SQL; `nil` for a read by parameters.
    public var statement: String?
    /// Of the statement's form, whatever its literals: 16 hexadecimal digits.
    public var fingerprint: String?

    public init(_ subject: Subject, requestID: String, statement: String? = nil, fingerprint: String? = nil) {
        self.subject = subject
        self.requestID = requestID
        self.statement = statement
        self.fingerprint = fingerprint
    }

    /// The columns of `sluice.read_audit` that `append` writes, in its order: those of the subject first.
    static let columns = """
        principal, purpose, surface, datasets, columns, policy_version, at, phase, row_count, byte_count, duration_us, decision, \
        code, statement, fingerprint, request_id
        """

    /// Appends the entry as a row.
    ///
    /// - Parameter at: When it happened, in microseconds since the Unix epoch.
    func append(at microseconds: Int64, to rows: inout CopyBinary) {
        rows.beginRow(fields: 16)
        rows.append(laidOut: subject.fields)
        rows.append(unixMicroseconds: microseconds)
        rows.append(phase.rawValue)
        rows.append(rowCount.map(Int64.init))
        rows.append(byteCount.map(Int64.init))
        let (seconds, attoseconds) = duration.components
        rows.append(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        rows.append(decision.rawValue)
        rows.append(code)
        rows.append(statement)
        rows.append(fingerprint)
        rows.append(requestID)
    }
}
