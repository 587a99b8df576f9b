import Catalog
import JSON

/// The body of `PUT /policy-tests/{name}`.
struct PolicyTestInput {
    static let maxQueryBytes = 65_536

    /// The name of a principal.
    var principal: String
    var purpose: String?
    var query: String
    var expectation: PolicyTestExpectation
    var schedule: ScheduleSpec?
    var description: String?

    init(_ fields: inout JSONFields) {
        let subject: String = fields.required("as")
        principal = String(subject.dropFirst("user:".count))
        if !subject.isEmpty, !subject.hasPrefix("user:") { fields.reject("as", "must be user:NAME") }
        purpose = fields.optional("purpose")
        query = fields.required("query")
        if query.utf8.count > Self.maxQueryBytes {
            fields.reject("query", "must have at most \(Self.maxQueryBytes) bytes")
        }
        expectation = fields.object("expect") { PolicyTestExpectation(&$0) }
        schedule = fields.optionalObject("schedule") { ScheduleSpec(&$0) }
        description = fields.text("description")
    }
}
