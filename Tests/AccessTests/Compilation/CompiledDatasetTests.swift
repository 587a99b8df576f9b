import Catalog
import Testing

@testable import Access

@Suite struct CompiledDatasetTests {
    private func definition() throws -> DatasetDefinition {
        let types = ["id": "bigint", "email": "text", "amount": "numeric(12,2)"]
        let columns = try ["id", "email", "amount"].enumerated().map { index, name in
            DatasetDefinition.Column(
                id: index + 1, name: name, type: try ColumnType(parsing: types[name] ?? "text"), governed: false,
                tags: name == "email" ? [BorneTag("pii.email")] : [])
        }
        return DatasetDefinition(
            id: 7, address: try #require(DatasetAddress("shop.orders")), readerRole: "r", columns: columns, masks: [],
            filters: [], hasColumnGrants: false)
    }

    private func mask(_ id: Int64, _ body: MaskSpec, tag: String? = nil, column: Int? = nil)
        -> DatasetDefinition.Rule<MaskSpec>
    {
        DatasetDefinition.Rule(id: id, name: "m\(id)", tag: tag, columnID: column, body: body)
    }

    @Test func equalDefinitionsCompileToEqualTexts() throws {
        var one = try definition()
        one.masks = [
            mask(3, .email, tag: "pii"), mask(4, .showFirst(count: 2), column: 2), mask(5, .nullify, tag: "geo"),
        ]
        var other = one
        other.masks.reverse()
        #expect(CompiledDataset(one) == CompiledDataset(other))
    }

    @Test func aRuleThatConcernsNoColumnChangesNothing() throws {
        let plain = try definition()
        var ruled = plain
        ruled.masks = [
            mask(3, .email, tag: "piii"), mask(4, .email, tag: "pii.email.work"), mask(5, .email, column: 9),
        ]
        #expect(CompiledDataset(plain) == CompiledDataset(ruled))
    }

    @Test func aColumnOnceGovernedKeepsItsFunction() throws {
        var dataset = try definition()
        #expect(CompiledDataset(dataset).governed == [])
        dataset.columns[1].governed = true
        let compiled = CompiledDataset(dataset)
        #expect(compiled.governed == [2])
        #expect(compiled.functions.map(\.signature) == ["sluice.col_7_2(text)", "sluice.rows_7(store.d7)"])
    }

    @Test func everyTextNamesItselfSoThatItHoldsForOneVersionOnly() throws {
        var dataset = try definition()
        dataset.columns[2].governed = true
        dataset.masks = [mask(3, .email, tag: "pii")]
        for filters in [[], [DatasetDefinition.Rule(id: 9, name: "f", tag: nil, columnID: nil, body: "id < 5")]] {
            dataset.filters = filters
            for hasColumnGrants in [false, true] {
                dataset.hasColumnGrants = hasColumnGrants
                for function in CompiledDataset(dataset).functions {
                    let text = function.create(text: 424_242)
                    #expect(text.contains("424242, sluice.epoch())"), "\(text)")
                    #expect(text.replacing("424242", with: "1") == function.create(text: 1))
                }
            }
        }
    }

    @Test func theStrictestMaskComesFirst() throws {
        var dataset = try definition()
        dataset.masks = [
            mask(3, .showFirst(count: 9), column: 2), mask(4, .email, tag: "pii"), mask(5, .round(to: "1"), tag: "pii"),
        ]
        #expect(dataset.masks(on: dataset.columns[1]).map(\.id) == [5, 4, 3])
        // What does not fit a text hides it.
        #expect(dataset.masks(on: dataset.columns[1]).first?.body == .nullify)
    }

    @Test func theViewChangesWithTheFirstRuleOnly() throws {
        var dataset = try definition()
        let plain = CompiledDataset(dataset)
        dataset.masks = [mask(3, .email, tag: "pii")]
        let first = CompiledDataset(dataset)
        #expect(first.view != plain.view)
        dataset.masks = [mask(4, .nullify, column: 2), mask(5, .alphanum, column: 2)]
        #expect(CompiledDataset(dataset).view == first.view)
        dataset.filters = [DatasetDefinition.Rule(id: 9, name: "f", tag: nil, columnID: nil, body: "id < 5")]
        #expect(CompiledDataset(dataset).view == first.view)
    }
}
