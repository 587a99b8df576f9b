/// A table of Markdown; cells are texts of one line.
struct MarkdownTable {
    var head: [String]
    var rows: [[String]] = []

    var text: String {
        ([head, head.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
    }

    /// A word of code; what is absent is an empty cell.
    static func code(_ text: String?) -> String { text.map { "`\($0)`" } ?? "" }
}
