public import Catalog

/// The conditions of a request on the object it changes (RFC 9110 section 13).
public struct Precondition: Sendable, Equatable {
    /// Entity tags of `If-Match`; `["*"]` for any.
    public var ifMatch: [String]?
    /// Whether `If-None-Match: *` was given: the object must be new.
    public var mustBeNew: Bool

    public init(ifMatch: [String]? = nil, mustBeNew: Bool = false) {
        self.ifMatch = ifMatch
        self.mustBeNew = mustBeNew
    }

    /// No condition: what `apply` and internal changes use.
    public static let none = Precondition()

    /// Throws unless `current` (nil: no such object) meets the conditions.
    ///
    /// - Parameter required: Whether the object is policy, so that changing it blindly is refused with 428.
    public func check(_ current: Document?, required: Bool) throws(Refusal) {
        if mustBeNew, current != nil {
            throw Refusal(.preconditionFailed, "the object exists already", hint: "Send If-Match with its ETag.")
        }
        if let ifMatch {
            guard let current, ifMatch.contains("*") || ifMatch.contains(current.entityTag) else {
                throw Refusal(
                    .preconditionFailed, "the object is not, or no longer, the one you read",
                    hint: "Read it again and repeat the change with its ETag in If-Match.")
            }
        }
        if required, ifMatch == nil, !mustBeNew {
            throw Refusal(
                .preconditionRequired, "a policy object is changed under a condition only",
                hint: "Send If-Match with the object's ETag, or If-None-Match: * for a new one.")
        }
    }
}
