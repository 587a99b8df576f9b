import Access
import Catalog
import HTTPServer
import JSON

extension Response {
    /// One object, with its entity tag.
    static func document(_ document: Document, status: Status = 200, policyVersion: Int64? = nil) -> Response {
        var response = Response(status, contentType: "application/json", bytes: Array(document.text.utf8))
        response.fields["ETag"] = document.entityTag
        if let policyVersion { response.fields["Sluice-Policy-Version"] = "\(policyVersion)" }
        return response
    }

    /// What a `PUT` or `POST` answers: 201 with the place of a new object, 200 otherwise.
    static func outcome(_ committed: Governance.Committed<Change.Outcome>, at location: String) -> Response {
        let outcome = committed.value
        var response = document(
            outcome.document, status: outcome.isNew ? 201 : 200, policyVersion: committed.policyVersion)
        if outcome.isNew { response.fields["Location"] = location }
        return response
    }

    static func json(_ value: JSONValue, status: Status = 200) -> Response {
        Response(status, contentType: "application/json", bytes: value.encoded())
    }

    static func noContent(policyVersion: Int64) -> Response {
        Response(204, fields: ["Sluice-Policy-Version": "\(policyVersion)"])
    }
}
