import Foundation
import Testing

@testable import sluice

/// `docs/command-line.md` says what the commands themselves say. `scripts/command-docs` writes it anew.
@Suite struct CommandDocumentationTests {
    private static func page() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/command-line.md"), encoding: .utf8)
    }

    @Test(arguments: CommandTreeTests.commands.map(\.fullName))
    func theHelpOfEveryCommandIsInThePage(_ name: String) throws {
        let command = try #require(CommandTreeTests.commands.first { $0.fullName == name })
        let block = "<!-- help: \(name) -->\n```text\n\(Help.text(of: command))```\n"
        #expect(try Self.page().contains(block), "run scripts/command-docs")
    }

    @Test func thePageHasNoCommandThatIsGone() throws {
        let marks = try Self.page().split(separator: "\n").filter { $0.hasPrefix("<!-- help: ") }
        let known = CommandTreeTests.commands.map { "<!-- help: \($0.fullName) -->" }
        #expect(marks.map(String.init).sorted() == known.sorted())
    }
}
