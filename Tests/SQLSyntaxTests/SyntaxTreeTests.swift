import Testing

@testable import SQLSyntax

@Suite struct SyntaxTreeTests {
    @Test func nodesAreFoundByName() throws {
        let tree = try Parser.parse("SELECT a.b WHERE c = 'd'")
        let select = try #require(
            tree.root["stmts"]?.children.first { _ in true }?["stmt"]?.fields(of: "SelectStmt"))
        #expect(select.children.map(\.key) == ["targetList", "whereClause", "limitOption", "op"])
        let comparison = try #require(select["whereClause"]?.fields(of: "A_Expr"))
        #expect(comparison["rexpr"]?.fields(of: "A_Const")?["sval"]?["sval"]?.text == "d")
        #expect(comparison["location"]?.integer == 19)
        #expect(comparison["nothing"] == nil)
        #expect(select["op"]?.children.map(\.key) == [])
    }

    @Test(arguments: ["plain", "é𝄞", "a\"b", "a\\b", "{[,:]}", "[", "{", "\u{1}\t\n\r", "<a>", "\u{7f}", ""])
    func textsComeBackAsWritten(text: String) throws {
        let tree = try Parser.parse("SELECT '" + text + "'")
        var texts: [String] = []
        func visit(_ node: SyntaxNode) {
            if node.key == "sval", node.wrapped == nil { texts.append(node.text) }
            node.children.forEach(visit)
        }
        visit(tree.root)
        // An empty text is a default value, which libpg_query leaves out.
        #expect(texts == (text.isEmpty ? [] : [text]) || texts == [text])
    }
}
