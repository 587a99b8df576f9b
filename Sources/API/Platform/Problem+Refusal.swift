import Access
import Catalog
import HTTPServer
import JSON
import Postgres
import Store

extension Problem {
    /// A refusal as the client sees it.
    init(_ refusal: Refusal) {
        self.init(
            Status(refusal.code.status), refusal.code.rawValue, refusal.code.title, detail: refusal.detail,
            hint: refusal.hint,
            errors: refusal.errors.map { Complaint(pointer: $0.pointer, detail: $0.detail) })
        sqlState = refusal.sqlState
        position = refusal.position
        switch refusal.code {
        case .unauthenticated: fields["WWW-Authenticate"] = "Bearer"
        case .tooManyRequests, .policyChanging, .storeUnavailable, .policyDrift, .idempotencyPending, .noWorker:
            fields["Retry-After"] = "1"
        default: break
        }
    }

    /// The one total mapping from what handlers throw to what clients see. `nil`: a fault of ours, to be logged.
    static func mapping(_ error: any Error) -> Problem? {
        switch error {
        case let problem as Problem: problem
        case let refusal as Refusal: Problem(refusal)
        case let faults as JSONFieldErrors: Problem(Refusal(faults))
        case let error as PostgresError: mapping(error)
        case let error as SessionError: mapping(error)
        default: nil
        }
    }

    private static func mapping(_ error: SessionError) -> Problem {
        switch error.code {
        case .saturated, .timedOut:
            Problem(Refusal(.tooManyRequests, "\(error)", hint: "Retry in a moment."))
        case .closed: Problem(Refusal(.draining, "\(error)", hint: "Retry in a moment."))
        }
    }

    /// Failures of statements that Sluice wrote. (Those of users' SQL are mapped where it runs.)
    private static func mapping(_ error: PostgresError) -> Problem? {
        switch (error.code, error.sqlState) {
        case (.connectionFailed, _), (_, "57P01"?), (_, "57P02"?), (_, "57P03"?), (_, "53300"?):
            Problem(Refusal(.storeUnavailable, "the database does not answer", hint: "Retry in a moment."))
        case (_, "53100"?):
            Problem(
                Refusal(
                    .storeUnavailable, "the database has no space left on its disk; nothing was changed",
                    hint: "Repeat when an operator has made room."))
        case (.saturated, _):
            Problem(Refusal(.tooManyRequests, "too many statements are waiting", hint: "Retry in a moment."))
        case (.timedOut, _):
            Problem(Refusal(.timeout, "the database took too long", hint: "Retry, or ask for less."))
        case (_, "40001"?), (_, "55P03"?), (_, "40P01"?):
            Problem(Refusal(.policyChanging, "the policy changed meanwhile", hint: "Run the request again."))
        default:
            nil
        }
    }
}
