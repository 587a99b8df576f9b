/// What people call a kind of statement that libpg_query names by its C struct.
enum StatementName {
    private static let irregular = [
        "VariableSetStmt": "SET", "VariableShowStmt": "SHOW", "TransactionStmt": "a transaction command",
        "DeclareCursorStmt": "DECLARE", "ClosePortalStmt": "CLOSE", "CreateTableAsStmt": "CREATE TABLE AS",
        "ViewStmt": "CREATE VIEW", "IndexStmt": "CREATE INDEX", "RuleStmt": "CREATE RULE", "CreateStmt": "CREATE TABLE",
        "LockStmt": "LOCK", "PLAssignStmt": "an assignment", "ReturnStmt": "RETURN",
    ]

    /// `InsertStmt` gives `INSERT`, `CreateTrigStmt` gives `CREATE TRIG`.
    static func words(for kind: String) -> String {
        if let name = irregular[kind] { return name }
        var words = ""
        for character in kind.dropLast("Stmt".count) {
            if character.isUppercase, let last = words.last, last != " ", !words.isEmpty { words += " " }
            words += character.uppercased()
        }
        return words
    }
}
