import Testing

@testable import Catalog

@Suite struct DocumentTests {
    private func document(_ text: String) -> Document {
        Document(id: 1, address: "travel.guests", scopeID: 1, version: 1, text: text)
    }

    @Test(arguments: [
        (#"{"name": "x", "updatedAt": "2026"}"#, true), (#"{"name": "x", "loadedAt": "2026"}"#, true),
        (#"{"name": "x", "lastRun": {"id": "7"}}"#, true), (#"{"name": "x", "estimatedRows": 7}"#, true),
        (#"{"name": "y"}"#, false), (#"{"name": "x", "createdAt": "2026"}"#, false),
    ])
    func aLoadIsNoChangeOfADataset(_ text: String, _ isTheSame: Bool) throws {
        #expect(try document(#"{"name": "x"}"#).saysTheSame(as: document(text)) == isTheSame)
    }
}
