import Access
import Catalog
import HTTPServer

extension Request {
    /// `If-Match` and `If-None-Match` (RFC 9110 section 13.1).
    func precondition() throws(Refusal) -> Precondition {
        var precondition = Precondition()
        if let field = fields["If-Match"] {
            let tags = field.split(separator: ",").map { $0.trimmed }
            guard !tags.isEmpty,
                tags.allSatisfy({ $0 == "*" || ($0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.count > 1) })
            else {
                throw Refusal(
                    .invalidParameter, "If-Match is no list of entity tags",
                    hint: "Send the ETag as it came, quotes included.")
            }
            precondition.ifMatch = tags
        }
        if let field = fields["If-None-Match"] {
            guard field.trimmed == "*" else {
                throw Refusal(
                    .invalidParameter, "If-None-Match is taken as * only", hint: "It says that the object must be new.")
            }
            precondition.mustBeNew = true
        }
        return precondition
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
