import Catalog
import JSON
import Testing

@testable import API

@Suite struct ApplyDocumentTests {
    private func read(_ documents: JSONValue...) throws -> [ApplyDocument] {
        try ApplyDocument.read(["documents": .array(documents)])
    }

    private func faults(_ documents: JSONValue...) throws -> [JSONFieldError] {
        let refusal = try #require(throws: Refusal.self) {
            try ApplyDocument.read(["documents": .array(documents)])
        }
        return refusal.errors
    }

    @Test func aDocumentIsTheBodyOfItsOperationWithoutItsAddress() throws {
        let documents = try read(
            ["kind": "tag", "name": "pii.email", "description": "x"],
            ["kind": "principal", "name": "ann", "principalKind": "service"],
            ["kind": "dataset", "domain": "travel", "name": "offers", "columns": []],
            ["kind": "grant", "to": "group:a", "privilege": "select", "on": "domain:travel"])
        #expect(
            documents.map(\.address) == ["pii.email", "ann", "travel.offers", "select on domain:travel to group:a"])
        #expect(documents[0].value == ["description": "x"])
        #expect(documents[1].value == ["kind": "service"])
        #expect(documents[2].value == ["domain": "travel", "name": "offers", "columns": []])
        #expect(documents[3].value == ["to": "group:a", "privilege": "select", "on": "domain:travel"])
    }

    @Test func everyFaultOfKindAndNameIsToldAtItsPlace() throws {
        let faults = try faults(
            "text", ["name": "x"], ["kind": "tog", "name": "x"], ["kind": "policy-test", "name": "x"], ["kind": "tag"],
            ["kind": "dataset", "name": "x"], ["kind": "mask", "name": 7])
        #expect(
            faults.map(\.pointer) == [
                "/documents/0", "/documents/1/kind", "/documents/2/kind", "/documents/4/name",
                "/documents/5/domain", "/documents/6/name",
            ])
        #expect(faults[2].detail.contains("did you mean \"tag\"?"))
    }

    @Test func anObjectIsDescribedOnceAGrantAsOftenAsOneLikes() throws {
        let tag: JSONValue = ["kind": "tag", "name": "pii"]
        let grant: JSONValue = ["kind": "grant", "to": "user:a", "privilege": "select", "on": "platform"]
        #expect(try faults(tag, ["kind": "group", "name": "pii"], tag).map(\.pointer) == ["/documents/2/name"])
        #expect(try read(grant, grant).count == 2)
    }

    @Test func kindsAreAppliedBeforeWhatNamesThem() {
        let order = ApplyKind.allCases
        func isBefore(_ first: ApplyKind, _ second: ApplyKind) -> Bool {
            order.firstIndex(of: first)! < order.firstIndex(of: second)!
        }
        for (first, second) in [
            (ApplyKind.group, ApplyKind.principal), (.principal, .domain), (.domain, .dataset), (.tag, .dataset),
            (.dataset, .mask), (.dataset, .rowFilter), (.group, .mask), (.dataset, .grant), (.principal, .grant),
        ] { #expect(isBefore(first, second), "\(first) before \(second)") }
    }

    @Test func placesOfAnOperationAreSeenFromTheWholeRequest() throws {
        let document = try read(["kind": "tag", "name": "a"], ["kind": "principal", "name": "ann"])[1]
        let kind = document.locating(.invalid(at: "/kind", "must be one of user, service"))
        #expect(kind.errors.map(\.pointer) == ["/documents/1/principalKind"])
        #expect(kind.detail.hasPrefix("principal ann: "))
        let tags = document.locating(.invalid(at: "/0", "names no tag"), under: "/columns/2/tags")
        #expect(tags.errors.map(\.pointer) == ["/documents/1/columns/2/tags/0"])
        // A refusal without a place is the document's.
        #expect(document.locating(Refusal(.conflict, "no")).errors.map(\.pointer) == ["/documents/1"])
    }

    @Test func membershipIsSaidOnOneSideOrAlikeOnBoth() throws {
        let group: JSONValue = ["kind": "group", "name": "g", "members": ["ann", "bob"]]
        #expect(try read(group, ["kind": "principal", "name": "ann", "groups": ["g"]]).count == 2)
        #expect(try read(group, ["kind": "principal", "name": "ann"]).count == 2)
        #expect(
            try faults(group, ["kind": "principal", "name": "ann", "groups": []]).map(\.pointer)
                == ["/documents/0/members/0"])
        #expect(
            try faults(group, ["kind": "principal", "name": "eve", "groups": ["x", "g"]]).map(\.pointer)
                == ["/documents/1/groups/1"])
    }
}
