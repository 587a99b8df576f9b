/// The stable codes of problems that the platform answers, each with its HTTP status. `docs/errors.md` explains them.
public enum RefusalCode: String, Sendable, CaseIterable {
    case malformedJSON = "malformed_json"
    case unknownField = "unknown_field"
    case invalidParameter = "invalid_parameter"
    case invalidCursor = "invalid_cursor"
    case unauthenticated
    case forbidden
    case purposeNotGranted = "purpose_not_granted"
    case notFound = "not_found"
    case notAcceptable = "not_acceptable"
    case conflict
    case inUse = "in_use"
    case idempotencyMismatch = "idempotency_mismatch"
    case idempotencyPending = "idempotency_pending"
    case preconditionFailed = "precondition_failed"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case invalid
    case reservedName = "reserved_name"
    case unknownType = "unknown_type"
    case maskDoesNotFit = "mask_does_not_fit"
    case invalidExpression = "invalid_expression"
    case invalidRows = "invalid_rows"
    case notARead = "not_a_read"
    case invalidSQL = "invalid_sql"
    case budgetExceeded = "budget_exceeded"
    case policyTestFailed = "policy_test_failed"
    case preconditionRequired = "precondition_required"
    case tooManyRequests = "too_many_requests"
    case internalError = "internal_error"
    case draining
    case policyChanging = "policy_changing"
    case policyDrift = "policy_drift"
    case storeUnavailable = "store_unavailable"
    case noWorker = "no_worker"
    case timeout

    /// The HTTP status that goes with the code.
    public var status: Int {
        switch self {
        case .malformedJSON, .unknownField, .invalidParameter, .invalidCursor: 400
        case .unauthenticated: 401
        case .forbidden, .purposeNotGranted: 403
        case .notFound: 404
        case .notAcceptable: 406
        case .conflict, .inUse, .idempotencyMismatch, .idempotencyPending: 409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .invalid, .reservedName, .unknownType, .maskDoesNotFit, .invalidExpression, .invalidRows, .notARead,
            .invalidSQL, .budgetExceeded, .policyTestFailed:
            422
        case .preconditionRequired: 428
        case .tooManyRequests: 429
        case .internalError: 500
        case .draining, .policyChanging, .policyDrift, .storeUnavailable, .noWorker: 503
        case .timeout: 504
        }
    }

    /// The code in words: the problem's title.
    public var title: String {
        switch self {
        case .malformedJSON: "The body is not JSON"
        case .unknownField: "A field is not known"
        case .invalidParameter: "A parameter is not acceptable"
        case .invalidCursor: "The cursor is not of this list"
        case .unauthenticated: "A valid token is needed"
        case .forbidden: "Not allowed"
        case .purposeNotGranted: "The purpose is not granted"
        case .notFound: "There is nothing here, or nothing you may see"
        case .notAcceptable: "None of the accepted formats is on offer"
        case .conflict: "The state of the object does not allow this"
        case .inUse: "Other objects depend on this one"
        case .idempotencyMismatch: "The idempotency key belongs to another request"
        case .idempotencyPending: "The first request with this idempotency key has not ended"
        case .preconditionFailed: "The condition of the request does not hold"
        case .bodyTooLarge: "The request body is too large"
        case .unsupportedMediaType: "The format of the body cannot be read"
        case .invalid: "The body is not acceptable"
        case .reservedName: "The name is reserved"
        case .unknownType: "The column type is not known"
        case .maskDoesNotFit: "The mask does not fit the column"
        case .invalidExpression: "The expression is not acceptable"
        case .invalidRows: "The rows are not acceptable"
        case .notARead: "Only one reading statement is allowed"
        case .invalidSQL: "The statement failed"
        case .budgetExceeded: "The statement is over its budget"
        case .policyTestFailed: "A policy test does not pass"
        case .preconditionRequired: "A condition is required"
        case .tooManyRequests: "Too many requests"
        case .internalError: "The server failed"
        case .draining: "The server is shutting down"
        case .policyChanging: "The policy is changing"
        case .policyDrift: "The enforcement objects were altered"
        case .storeUnavailable: "The database is not available"
        case .noWorker: "No worker answers"
        case .timeout: "Out of time"
        }
    }
}
