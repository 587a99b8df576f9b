import Access
import Postgres
import SQLSyntax
import Testing

@Suite struct FilterPropertyTests {
    /// Printed and parsed again, any tree of the grammar is the same tree, and its SQL is one condition to Postgres.
    @Test func anyExpressionSurvivesPrintingAndItsSQLParses() throws {
        for seed in 0..<3000 as Range<UInt64> {
            var generator = FilterGenerator(seed: seed)
            let expression = generator.expression()
            let text = expression.normalizedText
            #expect(throws: Never.self, "seed \(seed): \(text)") {
                let parsed = try FilterFixture.parse(text)
                #expect(parsed == expression, "seed \(seed): \(text)")
                #expect(parsed.normalizedText == text, "seed \(seed)")
                let statement = try ReadingStatement(checking: "SELECT " + expression.sql(row: "r"))
                #expect(statement.relations.isEmpty, "seed \(seed)")
                #expect(
                    Set(statement.functions.map { "\($0.schema ?? "").\($0.name)" })
                        .isSubset(of: ["sluice.attribute_values", "sluice.epoch"]), "seed \(seed)")
                #expect(Set(statement.columns.map(\.name)).isSubset(of: ["r"]), "seed \(seed)")
            }
        }
    }

    /// Any text, however it came about, is read or refused, and what is read prints to what reads the same.
    @Test func damagedTextsAreReadOrRefusedButNeverMisread() {
        let pieces = [
            "'", "\"", "(", ")", "--", "/*", "*/", ";", "$$", "\\", "user.", " OR TRUE", "::", "U&", "E", ",", "é",
        ]
        for seed in 0..<3000 as Range<UInt64> {
            var generator = FilterGenerator(seed: seed)
            var text = Array(generator.expression().normalizedText.unicodeScalars)
            let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            text.insert(contentsOf: piece.unicodeScalars, at: Int.random(in: 0...text.count, using: &generator))
            if Bool.random(using: &generator) { text.remove(at: Int.random(in: 0..<text.count, using: &generator)) }
            let damaged = String(String.UnicodeScalarView(text))
            guard let expression = try? FilterFixture.parse(damaged) else { continue }
            let again = try? FilterFixture.parse(expression.normalizedText)
            #expect(again == expression, "seed \(seed): \(damaged)")
        }
    }
}

/// Random expressions of the grammar; the same for the same seed.
struct FilterGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    /// splitmix64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func expression() -> FilterExpression {
        // There is no other way in than text: print the tree here, in a spelling of the generator's own.
        var expression = try? FilterFixture.parse("TRUE")
        expression?.condition = condition(depth: 0)
        return expression!
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &self)! }

    private mutating func condition(depth: Int) -> FilterExpression.Condition {
        switch Int.random(in: 0..<(depth < 5 ? 12 : 8), using: &self) {
        case 0: return .constant(Bool.random(using: &self))
        case 1: return .isNull(pick(FilterFixture.columns))
        case 2:
            let column = text()
            return .like(column, pattern: pick(["", "a%", "_b", "\\%", "it's", "é"]))
        case 3: return .equalsAny(comparable(), attribute: pick(["region", "select", "a1_"]))
        case 4:
            let column = comparable()
            return .isIn(column, (0...Int.random(in: 0..<4, using: &self)).map { _ in literal(for: column) })
        case 5...7:
            let column = comparable()
            let comparison = pick(FilterExpression.Comparison.allCases)
            return .comparison(column, comparison, .literal(literal(for: column)))
        case 8: return .not(condition(depth: depth + 1))
        case 9, 10:
            let parts = (0...Int.random(in: 1..<4, using: &self)).map { _ in condition(depth: depth + 1) }
            return .all(parts.flatMap { if case .all(let inner) = $0 { inner } else { [$0] } })
        default:
            let parts = (0...Int.random(in: 1..<4, using: &self)).map { _ in condition(depth: depth + 1) }
            return .any(parts.flatMap { if case .any(let inner) = $0 { inner } else { [$0] } })
        }
    }

    /// A value that the column may hold, as SQL.
    mutating func value(of column: FilterColumn) -> String {
        if Int.random(in: 0..<5, using: &self) == 0 { return "NULL" }
        switch column.type.spelling {
        case "jsonb": return "'{}'"
        case "text[]": return "'{a,b}'"
        case "character varying(8)", "character(3)": return "'EU'"
        default: break
        }
        return switch literal(for: column) {
        case .text(let text): SQL.quoted(literal: text)
        case .number(let number): number
        case .boolean(let value): value ? "TRUE" : "FALSE"
        }
    }

    private mutating func text() -> FilterColumn {
        pick(
            FilterFixture.columns.filter {
                ["text", "character varying(8)", "character(3)"].contains($0.type.spelling)
            })
    }

    private mutating func comparable() -> FilterColumn {
        pick(FilterFixture.columns.filter { !["jsonb", "text[]"].contains($0.type.spelling) })
    }

    private mutating func literal(for column: FilterColumn) -> FilterExpression.Literal {
        switch column.type.spelling {
        case "bigint", "integer", "smallint":
            Bool.random(using: &self)
                ? .number(String(Int.random(in: -40...40, using: &self)))
                : .text(String(Int.random(in: -40...40, using: &self)))
        case "numeric(10,2)", "real", "double precision":
            .number(pick(["1.5", "-2.50", "1e3", "0", "7", "-7", ".5", "-.5"]))
        case "boolean": Bool.random(using: &self) ? .boolean(Bool.random(using: &self)) : .text("true")
        case "uuid": .text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
        case "bytea": .text("\\x00ff")
        case "date": .text("2024-02-29")
        case "time without time zone": .text("09:30:00.5")
        case "timestamp(3) without time zone": .text("2024-02-29T09:30")
        case "timestamp with time zone": .text("2024-02-29 09:30Z")
        default:
            .text(
                pick([
                    "", "EU", "it's", "''", "\\", "\"", "; DROP TABLE x --", "$1", "user.x", "é\u{301}'\u{301}", "\n",
                ]))
        }
    }
}
