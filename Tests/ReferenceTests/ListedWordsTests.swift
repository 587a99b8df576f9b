import Catalog
import JSON
import TestSupport
import Testing
import YAML

@testable import Access

/// Words of the code that are listed by hand elsewhere: in the schemas of `openapi/openapi.yaml` and in pages.
@Suite struct ListedWordsTests {
    private static let kinds = MaskKind.allCases.map(\.rawValue)
    private static let rules = CheckSpec.Kind.allCases.map(\.rawValue)

    private static func schema(_ name: String) throws -> JSONValue {
        let document = try #require(try YAMLDocument.parse(Repository.text("openapi/openapi.yaml")).first).value
        return try #require(document.member(["components", "schemas", name]), "no schema \(name)")
    }

    @Test(arguments: ["MaskInputSpec", "MaskSpec"])
    func theSchemasOfMasksKnowEveryKind(_ name: String) throws {
        let forms = try #require(try Self.schema(name)["oneOf"]?.arrayValue)
        let listed = forms.flatMap { form in
            let kind = form.member(["properties", "kind"])
            return (kind?["enum"]?.arrayValue ?? [kind?["const"] ?? .null]).compactMap(\.stringValue)
        }
        #expect(listed.sorted() == Self.kinds.sorted())
    }

    @Test(arguments: ["CheckInput", "Check"])
    func theSchemasOfChecksKnowEveryRule(_ name: String) throws {
        let members = try #require(try Self.schema(name)["properties"]?.objectValue).keys
        #expect(Set(members) == Set(Self.rules + ["name", "column", "columns", "onFailure"]))
    }

    @Test func theSchemaOfAChecksBodyTakesOneRuleWithinTheBounds() throws {
        let schema = try Self.schema("CheckInput")
        let forms = try #require(schema["oneOf"]?.arrayValue)
        #expect(forms.compactMap { $0.member(["required", "0"])?.stringValue } == Self.rules)
        let bounds = [["matches", "maxLength"], ["in", "maxItems"], ["columns", "maxItems"]].map { place in
            schema.member(["properties"] + place)
        }
        #expect(
            bounds == [CheckSpec.maxPatternBytes, CheckSpec.maxMembers, CheckSpec.maxColumns].map { JSONValue($0) })
    }

    @Test func thePageOfMasksShowsEveryKindAndTheOrder() throws {
        let page = try Repository.text("docs/masks.md")
        let order = Self.kinds.joined(separator: ", ")
        #expect(page.contains("\n`\(order)`; within a kind"), "docs/masks.md, which one wins: \(order)")
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        for kind in Self.kinds {
            let isShown = rows.contains { $0.dropFirst(2).prefix { $0 != "|" }.contains("`\(kind)`") }
            #expect(isShown, "docs/masks.md, kinds: no row of \(kind)")
        }
    }

    @Test func thePageOfPipelinesShowsEveryRuleOfACheck() throws {
        let rows = try Repository.text("docs/pipelines.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        for rule in Self.rules {
            #expect(
                rows.contains { $0.hasPrefix("| `\(rule)`") || $0.hasPrefix("| `\(rule):") },
                "docs/pipelines.md, checks: no row of \(rule)")
        }
    }
}
