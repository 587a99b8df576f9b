import Foundation
import TestSupport
import Testing

/// `docs/reference.md` is what the code says: each block between `<!-- generated: NAME -->` and `<!-- end: NAME -->`
/// is written from it. With SLUICE_WRITE_DOCS in the environment (`make docs`) the page is written anew, else compared.
@Suite struct ReferenceTests {
    private static let page = "docs/reference.md"
    private static let blocks: [(name: String, table: @Sendable () throws -> MarkdownTable)] = [
        ("settings", { SettingsReference.table }),
        ("codes", { CodesReference.table }),
        ("masks", { try MasksReference.table() }),
        ("pipeline", { try FieldsReference.pipeline() }),
        ("connection", { try FieldsReference.connection() }),
    ]

    @Test func theReferenceIsWhatTheCodeSays() throws {
        let committed = try Repository.text(Self.page)
        var page = committed
        for block in Self.blocks { page = try Self.page(page, with: block.name, block.table().text) }
        if ProcessInfo.processInfo.environment["SLUICE_WRITE_DOCS"] != nil {
            try Repository.write(page, to: Self.page)
        } else {
            #expect(committed == page, "\(Self.page) is not what the code says: make docs writes it anew")
        }
    }

    /// Nothing generated is left behind when its block is gone.
    @Test func everyMarkHasItsBlock() throws {
        let marks = try Repository.text(Self.page).split(separator: "\n").filter { $0.hasPrefix("<!-- ") }
        #expect(
            marks.map(String.init)
                == Self.blocks.flatMap { ["<!-- generated: \($0.name) -->", "<!-- end: \($0.name) -->"] })
    }

    private static func page(_ page: String, with name: String, _ text: String) throws -> String {
        let begin = try #require(page.range(of: "<!-- generated: \(name) -->\n"), "no block \(name)")
        let end = try #require(
            page.range(of: "<!-- end: \(name) -->", range: begin.upperBound..<page.endIndex), "no end of block \(name)")
        return page[..<begin.upperBound] + "\n\(text)\n" + page[end.lowerBound...]
    }
}
