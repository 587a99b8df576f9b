import Access
import Catalog
import HTTPServer
import Testing

@testable import API

@Suite struct PreconditionTests {
    @Test func conditionsAreReadFromTheRequest() throws {
        let request = try Request(.put, "/x", fields: ["If-Match": "\"1\", \"2\""])
        #expect(try request.precondition() == Precondition(ifMatch: ["\"1\"", "\"2\""]))
        let new = try Request(.put, "/x", fields: ["If-None-Match": "*"])
        #expect(try new.precondition() == Precondition(mustBeNew: true))
    }

    @Test(arguments: [("If-Match", "1"), ("If-Match", ""), ("If-None-Match", "\"1\""), ("If-Match", "W/\"1\"")])
    func anythingElseIsRefused(_ field: String, _ value: String) throws {
        let request = try Request(.put, "/x", fields: [field: value])
        #expect(throws: Refusal.self) { try request.precondition() }
    }

    @Test func aPolicyObjectNeedsACondition() throws {
        #expect(throws: Refusal.self) { try Precondition.none.check(nil, required: true) }
        try Precondition(mustBeNew: true).check(nil, required: true)
        try Precondition.none.check(nil, required: false)
    }
}
