public import JSON

/// Why the platform does not do what was asked: a stable code, words for a person, and the places of the faults.
///
/// Safe to show to the caller: no case carries the value of a protected column.
public struct Refusal: Error, Sendable, Equatable {
    public var code: RefusalCode
    /// What happened and where, one sentence.
    public var detail: String
    /// What to do next.
    public var hint: String?
    /// Faults in the body, by JSON pointer.
    public var errors: [JSONFieldError]
    /// For failures of SQL: the five-character SQLSTATE and the position in the statement, in characters from 1.
    public var sqlState: String?
    public var position: Int?

    public init(
        _ code: RefusalCode, _ detail: String, hint: String? = nil, errors: [JSONFieldError] = [],
        sqlState: String? = nil, position: Int? = nil
    ) {
        self.code = code
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.sqlState = sqlState
        self.position = position
    }

    /// One value of the body is unacceptable.
    public static func invalid(
        _ code: RefusalCode = .invalid, at pointer: String, _ detail: String, hint: String? = nil
    ) -> Refusal {
        let field = pointer.isEmpty ? "the body" : pointer
        return Refusal(
            code, "\(field) \(detail)", hint: hint, errors: [JSONFieldError(pointer: pointer, detail: detail)])
    }

    /// The object does not exist, or the caller may not know that it does.
    public static func notFound(_ what: String) -> Refusal {
        Refusal(.notFound, "there is no \(what), or you may not see it")
    }
}

extension Refusal: CustomStringConvertible {
    public var description: String { "\(code.rawValue): \(detail)" }
}
