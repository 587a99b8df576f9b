/// The request methods this server implements (RFC 9110 §9, RFC 5789); any other is answered with 501.
public enum Method: String, Sendable, CaseIterable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    // Known so that they are refused like any method a resource does not have; no route takes them.
    case trace = "TRACE"
    case query = "QUERY"

    /// Those that no resource can have.
    static let unserved: Set<Method> = [.trace, .query]

    /// Reads a method, which is case-sensitive; `nil` when it is none of ours.
    init?(bytes: Span<UInt8>) {
        guard bytes.count >= 3 else { return nil }
        let candidate: Method
        // The second byte tells the P-methods apart, the first one all others.
        switch (bytes[0], bytes[1]) {
        case (0x47, _): candidate = .get
        case (0x48, _): candidate = .head
        case (0x50, 0x4F): candidate = .post
        case (0x50, 0x55): candidate = .put
        case (0x50, 0x41): candidate = .patch
        case (0x44, _): candidate = .delete
        case (0x4F, _): candidate = .options
        case (0x54, _): candidate = .trace
        case (0x51, _): candidate = .query
        default: return nil
        }
        guard bytes.equals(candidate.rawValue) else { return nil }
        self = candidate
    }
}
