internal import Catalog
internal import Ingestion
internal import JSON
internal import Postgres
internal import Store

/// What the errors of an attempt mean to a run.
enum AttemptFailure {
    static let internalCode = RefusalCode.internalError.rawValue

    /// Whether the platform's own database went away, which is not the pipeline's doing.
    static func isOurs(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError:
            error.code == .connectionFailed || ["57P01", "57P02", "57P03", "53300"].contains(error.sqlState)
        case is SessionError, is LauncherClient.Failure: true
        default: false
        }
    }

    static func describe(_ error: any Error) -> JobFailure {
        switch error {
        case let failure as JobFailure: failure
        case let refusal as Refusal: JobFailure(refusal)
        case let faults as JSONFieldErrors: JobFailure(Refusal(faults))
        case let error as PostgresError: JobFailure(error)
        case let failure as SourceFailure: JobFailure(failure)
        case let failure as SinkFailure: JobFailure(failure)
        default:
            JobFailure(
                code: internalCode, title: RefusalCode.internalError.title, detail: "the attempt failed inside",
                hint: "The worker's log says more.", isRetryable: true)
        }
    }
}

extension JobFailure {
    init(_ refusal: Refusal) {
        self.init(
            code: refusal.code.rawValue, title: refusal.code.title, detail: refusal.detail, hint: refusal.hint,
            errors: refusal.errors.map { ["pointer": .string($0.pointer), "detail": .string($0.detail)] },
            isRetryable: [.policyChanging, .storeUnavailable, .timeout, .tooManyRequests].contains(refusal.code))
    }

    /// Of statements that Sluice wrote. What the server said may quote values, so only its state is told.
    init(_ error: PostgresError) {
        switch (error.code, error.sqlState) {
        case (.connectionFailed, _), (_, "57P02"?), (_, "57P03"?), (_, "53300"?):
            self.init(Refusal(.storeUnavailable, "the warehouse does not answer", hint: "It is tried again."))
        case (_, "57P01"?), (_, "SL001"?):
            self.init(SinkFailure(.fenced, "a later attempt has taken over", hint: "It loads the rows."))
        case (_, "SL002"?), (_, "42P01"?):
            self.init(
                SinkFailure(
                    .datasetGone, "the dataset was deleted while it was loaded",
                    hint: "Run the pipeline again to make it anew, or pause it."))
        case (_, "53100"?), (_, "53200"?):
            self.init(
                code: Self.outOfSpace.code, title: Self.outOfSpace.title,
                detail: "Postgres could not write: SQLSTATE \(error.sqlState ?? "")",
                hint: "Free space on the server's disk; nothing of the attempt is kept.", isRetryable: true)
        case (_, "55P03"?), (_, "40001"?), (_, "40P01"?), (_, "SL003"?):
            self.init(Refusal(.policyChanging, "the dataset is being changed", hint: "It is tried again."))
        default:
            self.init(
                code: AttemptFailure.internalCode, title: RefusalCode.internalError.title,
                detail: "a statement failed with SQLSTATE \(error.sqlState ?? "unknown")",
                hint: "The worker's log says more.", isRetryable: true)
        }
    }
}
