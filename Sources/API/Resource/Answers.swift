import Access
import Catalog
import HTTPServer
import JSON

/// What operations answer: one thing, a page of a list, what was made or changed, or nothing. (A stream says itself what
/// it is.) What answers of a kind have in common, from the media type to the place of what is new, is said here.
extension Response {
    /// One thing, whose JSON text there is already.
    static func item(_ text: String) -> Response { json(Array(text.utf8)) }

    static func item(_ value: JSONValue) -> Response { json(value) }

    /// One object, with its entity tag.
    static func item(_ document: Document) -> Response {
        var response = item(document.text)
        response.fields["ETag"] = document.entityTag
        return response
    }

    /// A page of a list.
    static func list(_ page: Listing) -> Response { json(page.encoded()) }

    /// 201 for what is new, with its place.
    static func created(_ value: JSONValue, at path: String) -> Response {
        json(value, status: 201).placed(at: path)
    }

    /// 202 for what will be done, with the place where to look.
    static func accepted(_ value: JSONValue, at path: String) -> Response {
        json(value, status: 202).placed(at: path)
    }

    private func placed(at path: String) -> Response {
        var response = self
        response.fields["Location"] = API.base + path
        return response
    }

    /// What a `PUT`, `PATCH` or `POST` made of an object: 201 with its place in the collection when it is new, else 200.
    static func outcome(_ committed: Governance.Committed<Change.Outcome>, in collection: String) -> Response {
        outcome(committed, at: "\(collection)/\(committed.value.document.address)")
    }

    /// The same for an object with a place of its own.
    static func outcome(_ committed: Governance.Committed<Change.Outcome>, at path: String) -> Response {
        let outcome = committed.value
        var response = item(outcome.document).under(committed.policyVersion)
        guard outcome.isNew else { return response }
        response.status = 201
        return response.placed(at: path)
    }

    static func noContent(_ committed: Governance.Committed<Void>) -> Response {
        Response(204).under(committed.policyVersion)
    }

    /// The same, with the version of the policy that it was made under.
    func under(_ policyVersion: Int64) -> Response {
        var response = self
        response.fields["Sluice-Policy-Version"] = "\(policyVersion)"
        return response
    }

    /// The same, for nobody to keep: it shows what is shown once, or what is governed.
    func unstored() -> Response {
        var response = self
        response.fields["Cache-Control"] = "no-store"
        return response
    }
}
