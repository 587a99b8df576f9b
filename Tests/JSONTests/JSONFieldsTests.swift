import JSON
import Testing

@Suite struct JSONFieldsTests {
    enum Privilege: String, JSONFieldWord { case describe, select, write }

    struct Refusal: Error, CustomStringConvertible { var description: String }

    struct Body: Equatable {
        var name: String
        var count: Int
        var privilege: Privilege
        var tags: [String]
        var columns: [String]
        var limit: Int?
        var mask: Bool?
    }

    private func read(_ text: String) throws -> Body {
        try JSONFields.read(try JSONValue.parse(text)) { fields in
            Body(
                name: fields.required("name", placeholder: "") { text throws(Refusal) in
                    guard text.count < 10 else { throw Refusal(description: "must be shorter") }
                    return text
                },
                count: fields.required("count"), privilege: fields.required("privilege"),
                tags: fields.optional("tags") ?? [],
                columns: fields.objects("columns") { $0.required("name") },
                limit: fields.optional("limit", in: 1...1000),
                mask: fields.optionalObject("mask") { $0.required("on") })
        }
    }

    @Test func aCompleteBodyIsRead() throws {
        let body = try read(
            #"{"name":"x","count":3,"privilege":"select","tags":["a"],"columns":[{"name":"c"}],"limit":null,"mask":{"on":true}}"#
        )
        #expect(
            body
                == Body(
                    name: "x", count: 3, privilege: .select, tags: ["a"], columns: ["c"], limit: nil, mask: true))
    }

    @Test func everyErrorIsCollectedWithItsPointer() throws {
        let error = #expect(throws: JSONFieldErrors.self) {
            try read(
                #"{"name":"far too long","count":1.5,"privilege":"own","tags":["a",2],"columns":[{"nam":"c"},7],"limit":0,"mask":[],"zz/z":1}"#
            )
        }
        #expect(
            error?.errors.map { "\($0.pointer) \($0.detail)" } == [
                "/name must be shorter",
                "/count must be an integer of at most 64 bits",
                "/privilege must be one of describe, select, write",
                "/tags/1 must be a string",
                "/columns/0/name is required",
                "/columns/0/nam is not a known field; did you mean \"name\"?",
                "/columns/1 must be an object",
                "/limit must lie between 1 and 1000",
                "/mask must be an object",
                "/zz~1z is not a known field; known are name, count, privilege, tags, columns, limit, mask",
            ])
    }

    @Test func aBodyThatIsNoObjectGivesOneError() {
        let error = #expect(throws: JSONFieldErrors.self) { try read("[]") }
        #expect(error?.errors == [JSONFieldError(pointer: "", detail: "must be an object")])
    }

    @Test func aPatchTellsAbsentFromNull() throws {
        func change(_ text: String) throws -> JSONFieldChange<String> {
            try JSONFields.read(try JSONValue.parse(text)) { $0.change("title") }
        }
        #expect(try change("{}") == .unchanged)
        #expect(try change(#"{"title":null}"#) == .removed)
        #expect(try change(#"{"title":"t"}"#) == .set("t"))
        #expect(throws: JSONFieldErrors.self) { try change(#"{"title":1}"#) }
    }
}
